#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "feature/registry.h"
#include "feature/selection.h"

namespace mlops {
namespace {

Json versions_json(const std::vector<feature::PastVersion>& past) {
  Json out = Json::array();
  for (const auto& one : past)
    out.push_back({{"number", one.version.number},
                   {"hash", one.version.hash.hex()},
                   {"record", one.version.record.hex()},
                   {"time", to_utc(one.version.time)},
                   {"removed", one.removed}});
  return out;
}

void print_view(Output& out, const feature::View& view) {
  if (!view.source.path.empty()) out.answer("source   " + view.source.path);
  if (!view.source.push.empty()) out.answer("push     " + view.source.push);
  out.answer(fmt::format("times    {}{}{}", view.source.timestamp,
                         view.source.created.empty() ? "" : ", created " + view.source.created,
                         view.ttl > 0 ? fmt::format("  ttl {} s", view.ttl / 1'000'000) : "  no ttl"));
  for (const auto& key : view.keys) out.answer(fmt::format("key      {}  {}", key.name, feature::to_text(*key.type)));
  for (const auto& one : view.features)
    out.answer(fmt::format("feature  {}  {}", one.name, feature::to_text(one.type)));
}

void print_service(Output& out, const feature::Selection& selection) {
  for (const auto& part : selection.parts)
    for (const auto at : part.features)
      out.answer(fmt::format("feature  {}:{}  {}", part.name, part.view().features[at].name,
                             feature::to_text(part.view().features[at].type)));
}

}  // namespace

Run define_feature_show(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "a view or a service")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    const auto registry = feature::load_registry(repository->database());
    const auto selection = feature::select_words(registry, {*name});  // tells what is near where there is no such name
    const bool view = registry.views.contains(*name);
    const auto past = feature::history(repository->database(), *name);
    if (context.out.json()) {
      context.out.value({{"name", *name},
                         {"kind", view ? "view" : "service"},
                         {"definition", view ? feature::to_json(registry.view(*name).view)
                                             : feature::to_json(registry.service(*name).service)},
                         {"versions", versions_json(past)}});
      return k_exit_done;
    }
    context.out.answer(Text(*name, Style::bold) +
                       Text(fmt::format("  {}, version {}, {}", view ? "view" : "service", past.front().version.number,
                                        past.front().version.hash.brief())));
    view ? print_view(context.out, registry.view(*name).view) : print_service(context.out, selection);
    return k_exit_done;
  };
}

}  // namespace mlops
