#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "data/worktree.h"
#include "register/lineage.h"
#include "serve/traffic.h"

namespace mlops {
namespace {

using registry::LineageNode;

void print(Output& out, const LineageNode& node, const std::string& prefix, bool last, bool root) {
  const std::string branch = root ? "" : prefix + (last ? "└ " : "├ ");
  out.answer(Text(branch, Style::dim) + Text(root || node.kind == "run" || node.kind == "model" ? "" : fmt::format("{:<12}", node.kind), Style::dim) + Text(node.title, root ? Style::bold : Style::plain));
  for (std::size_t i = 0; i < node.from.size(); ++i)
    print(out, node.from[i], root ? "" : prefix + (last ? "  " : "│ "), i + 1 == node.from.size(), false);
}

LineageNode of_path(data::Repository& repository, const std::string& typed) {
  const std::string path = repository.relative(typed);
  if (const auto pointer = data::read_pointer(repository, path)) return registry::lineage_of_data(repository, pointer->object, path);
  const auto object = data::snapshot(repository, path, {.keep = false, .progress = nullptr, .stop = {}}).object;
  return registry::lineage_of_data(repository, object, path);
}

std::string values_line(const Json& values) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : values.items()) {
    parts.push_back(key + " " + (value.is_number_float() ? fmt::format("{:.4g}", value.get<double>()) : value.is_string() ? value.get<std::string>() : value.dump()));
    if (parts.size() == 4) break;
  }
  return join(parts, ", ");
}

// prediction ← model version ← run ← …
LineageNode of_request(data::Repository& repository, const std::string& id) {
  const auto request = serve::find_request(repository, id);
  if (!request) throw input_error("no logged request is called \"" + id + "\"", "its id is in X-Request-Id of the answer; a row is logged within a second");
  LineageNode node{"prediction", fmt::format("prediction {}  {}  {}:{}", id, to_utc(request->time).substr(0, 19), request->model, request->number),
                   {{"request_id", id}, {"time", to_utc(request->time)}, {"status", request->status}, {"latency_us", request->latency}, {"rows", request->rows}}, {}};
  if (!request->rows.empty() && request->rows.front().contains("out")) node.title += "  " + values_line(request->rows.front()["out"]);
  if (const auto model = registry::find(repository, request->version.hex()))
    node.from.push_back(registry::lineage_of_model(repository, *model));
  return node;
}

// The first form that fits decides (share/doc/names.md).
LineageNode lineage_of(data::Repository& repository, const std::string& name) {
  if (name.starts_with("req:")) return of_request(repository, name.substr(4));
  if (name.starts_with("run:")) return registry::lineage_of_run(repository, train::find_run(repository, name));
  if (const auto model = registry::find(repository, name)) return registry::lineage_of_model(repository, *model);
  std::error_code ignored;
  if (fs::exists(name, ignored) || fs::exists(name + ".mlops", ignored)) return of_path(repository, name);
  if (name.size() >= 4 && name.find_first_not_of("0123456789abcdef") == std::string::npos) {
    for (const auto kind : {store::Kind::tree, store::Kind::file, store::Kind::chunk})
      if (const auto found = repository.store().find(kind, name, 2); found.size() == 1)
        return registry::lineage_of_data(repository, {kind == store::Kind::tree ? kind : store::Kind::file, found.front(), 0, 1}, "object");
    return registry::lineage_of_run(repository, train::find_run(repository, name));
  }
  return registry::lineage_of_model(repository, registry::resolve(repository, name));
}

}  // namespace

Run define_lineage(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "a model, a run, a request, a versioned path or a hash")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    const auto node = lineage_of(*repository, *name);
    if (context.out.json())
      context.out.value(registry::to_json(node));
    else
      print(context.out, node, "", true, true);
    return k_exit_done;
  };
}

}  // namespace mlops
