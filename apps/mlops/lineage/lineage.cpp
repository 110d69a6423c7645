#include <mutex>

#include "base/text.h"
#include "base/time.h"
#include "code/git.h"
#include "commands.h"
#include "data/repository.h"
#include "data/revision.h"
#include "data/worktree.h"
#include "register/lineage.h"
#include "serve/deployments.h"
#include "serve/traffic.h"

namespace mlops {
namespace {

using registry::LineageNode;

struct Options {
  std::string name;
  registry::LineageOptions lineage;
};

bool speaks_for_itself(const LineageNode& node) {
  return node.kind == "run" || node.kind == "model" || node.kind == "deployment" || node.kind == "alarm" ||
         node.kind == "job" || node.kind == "more";
}

void print(Output& out, const LineageNode& node, const std::string& prefix, bool last, bool root) {
  const std::string branch = root ? "" : prefix + (last ? "└ " : "├ ");
  const std::string kind = root || speaks_for_itself(node) ? "" : fmt::format("{:<12}", node.kind);
  const std::string arrow = node.made && node.kind != "more" ? "→ " : "";
  out.answer(Text(branch + arrow, Style::dim) + Text(kind, Style::dim) +
             Text(node.title, root ? Style::bold : Style::plain));
  for (std::size_t i = 0; i < node.from.size(); ++i)
    print(out, node.from[i], root ? "" : prefix + (last ? "  " : "│ "), i + 1 == node.from.size(), false);
}

LineageNode of_path(data::Repository& repository, const std::string& typed, const registry::LineageOptions& options) {
  const std::string path = repository.relative(typed);
  if (const auto pointer = data::read_pointer(repository, path))
    return registry::lineage_of_data(repository, pointer->object, path, options);
  const auto object = data::snapshot(repository, path, {.keep = false, .progress = nullptr, .stop = {}}).object;
  return registry::lineage_of_data(repository, object, path, options);
}

std::optional<LineageNode> of_commit(data::Repository& repository, const std::string& revision,
                                     const registry::LineageOptions& options) {
  const auto git = code::Git::discover(repository.root());
  const auto commit = git ? git->commit(revision) : std::nullopt;
  if (!commit) return std::nullopt;
  return registry::lineage_of_code(repository, commit->id, to_utf8(commit->subject), options);
}

LineageNode of_code(data::Repository& repository, const std::string& revision,
                    const registry::LineageOptions& options) {
  if (auto node = of_commit(repository, revision, options)) return *std::move(node);
  throw input_error("there is no revision \"" + printable(revision) + "\"");
}

std::string values_line(const Json& values) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : values.items()) {
    parts.push_back(key + " " +
                    (value.is_number_float() ? fmt::format("{:.4g}", value.get<double>())
                     : value.is_string()     ? value.get<std::string>()
                                             : value.dump()));
    if (parts.size() == 4) break;
  }
  return join(parts, ", ");
}

// prediction ← model version ← run ← …
LineageNode of_request(data::Repository& repository, const std::string& id) {
  const auto request = serve::find_request(repository, id);
  if (!request)
    throw input_error("no logged request is called \"" + id + "\"",
                      "its id is in X-Request-Id of the answer; a row is logged within a second");
  LineageNode node{
      "prediction",
      fmt::format("prediction {}  {}  {}:{}", id, to_utc(request->time).substr(0, 19), request->model, request->number),
      {{"request_id", id},
       {"time", to_utc(request->time)},
       {"status", request->status},
       {"latency_us", request->latency},
       {"rows", request->rows}},
      {}};
  if (!request->rows.empty() && request->rows.front().contains("out"))
    node.title += "  " + values_line(request->rows.front()["out"]);
  node.id = "request:" + id;
  return registry::lineage_of_prediction(repository, std::move(node), request->version, request->time);
}

// Digits: an object, a run, a commit; a path in a revision.
LineageNode of_digits(data::Repository& repository, const std::string& name, const registry::LineageOptions& options) {
  for (const auto kind : {store::Kind::tree, store::Kind::file, store::Kind::chunk})
    if (const auto found = repository.store().find(kind, name, 2); found.size() == 1)
      return registry::lineage_of_data(
          repository, {kind == store::Kind::tree ? kind : store::Kind::file, found.front(), 0, 1}, "object", options);
  try {
    return registry::lineage_of_run(repository, train::find_run(repository, name), options);
  } catch (const Error&) {
    if (auto node = of_commit(repository, name, options)) return *std::move(node);
    throw;
  }
}

// The first form that fits decides (share/doc/names.md).
LineageNode lineage_of(data::Repository& repository, const Options& options) {
  const std::string& name = options.name;
  const auto& how = options.lineage;
  if (name.starts_with("req:")) return of_request(repository, name.substr(4));
  if (name.starts_with("run:")) return registry::lineage_of_run(repository, train::find_run(repository, name), how);
  if (name.starts_with("code:")) return of_code(repository, name.substr(5), how);
  if (name.starts_with("feature:")) return registry::lineage_of_features(repository, name.substr(8), how);
  if (const auto model = registry::find(repository, name)) return registry::lineage_of_model(repository, *model, how);
  std::error_code ignored;
  if (fs::exists(name, ignored) || fs::exists(name + ".mlops", ignored)) return of_path(repository, name, how);
  if (name.size() >= 4 && name.find_first_not_of("0123456789abcdef") == std::string::npos)
    return of_digits(repository, name, how);
  if (const auto colon = name.find(':');
      colon != std::string::npos && data::is_revision(repository, name.substr(0, colon))) {
    const auto located = data::locate(repository, name);
    return registry::lineage_of_data(repository, located.object, name, how);
  }
  return registry::lineage_of_model(repository, registry::resolve(repository, name), how);
}

}  // namespace

Run define_lineage(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name,
                 "a model, a run, a request, a versioned path, a commit, a feature view or a hash")
      ->required();
  app.add_option("-n,--limit", options->lineage.breadth,
                 "at most so many things of a kind below another, the newest; 0 = all")
      ->type_name("N")
      ->capture_default_str();
  return [options](Context& context) {
    const auto repository = open_repository(context);
    train::settle_dead_runs(*repository);
    std::mutex alone;
    serve::close_dead_deployments(*repository, alone);
    const auto node = lineage_of(*repository, *options);
    if (context.out.json())
      context.out.value(registry::to_json(node));
    else
      print(context.out, node, "", true, true);
    return k_exit_done;
  };
}

}  // namespace mlops
