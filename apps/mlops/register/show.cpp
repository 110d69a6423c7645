#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "pipeline/stage_lines.h"
#include "register/lineage.h"
#include "register/model_json.h"
#include "register/moved_apart.h"

namespace mlops {
namespace {

std::string tensor_line(const Json& tensor) {
  std::string shape;
  for (const auto& size : tensor.value("shape", Json::array()))
    shape += (shape.empty() ? "" : "×") + (size == -1 ? "?" : size.dump());
  std::string out = text_or(tensor, "name") + "  " + text_or(tensor, "datatype") + " [" + shape + "]";
  for (const char* key : {"columns", "labels"}) {
    std::vector<std::string> names;
    for (const auto& name : tensor.value(key, Json::array()))
      names.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    if (!names.empty()) out += std::string("  ") + key + ": " + join(names, ", ");
  }
  return out;
}

Json to_json(const std::vector<registry::MovedApart>& apart) {
  const auto move = [](const registry::Move& one) {
    return Json{{"event", one.event.hex()}, {"number", one.number}, {"author", one.author}, {"time", to_utc(one.time)}};
  };
  Json out = Json::array();
  for (const auto& one : apart)
    out.push_back({{"alias", one.alias}, {"holds", move(one.holds)}, {"other", move(one.other)}});
  return out;
}

void line(Output& out, const char* name, const std::string& value) {
  if (!value.empty()) out.answer(Text(fmt::format("{:<13}", name), Style::dim) + Text(value));
}

}  // namespace

Run define_register_show(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("MODEL", *name, "churn@prod, churn:7, or churn for its highest version")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    const auto version = registry::resolve(*repository, *name);
    const auto aliases = alias_names(registry::aliases(*repository, version.name), version.number);
    const auto apart = registry::moved_apart(*repository, version.name);
    if (context.out.json()) {
      Json value = to_json(version, aliases);
      if (!apart.empty()) value["moved_apart"] = to_json(apart);
      context.out.value(value);
      return k_exit_done;
    }
    line(context.out, "model", version.label());
    line(context.out, "aliases", join(aliases, ", "));
    for (const auto& one : apart) line(context.out, ("@" + one.alias).c_str(), one.text(version.name));
    line(context.out, "description", text_or(version.body, "description"));
    line(context.out, "registered",
         to_local(parse_time(text_or(version.body, "time")).value_or(0), now_micros()) + " by " +
             text_or(version.body, "author"));
    line(context.out, "object", fmt::format("{}, {}", version.object.id.hex(), show_size(version.object.size)));
    line(context.out, "metrics", metrics_line(version.body.value("metrics", Json::object()), 20));
    for (const char* side : {"inputs", "outputs"})
      for (const auto& tensor : version.signature.value(side, Json::array()))
        line(context.out, side, tensor_line(tensor));
    for (const auto& node : registry::lineage_of_model(*repository, version).from)
      line(context.out, node.kind.c_str(), node.title);
    return k_exit_done;
  };
}

}  // namespace mlops
