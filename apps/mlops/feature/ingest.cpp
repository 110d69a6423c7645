#include <unistd.h>

#include "base/text.h"
#include "commands.h"
#include "feature/pushes.h"

namespace mlops {
namespace {

constexpr std::uint64_t k_most = std::uint64_t{1} << 30;

struct Options {
  std::string name, file = "-", target = "online";
};

std::string read_input(const std::string& file) {
  if (file != "-") return read_file(file, k_most);
  std::string out, block(1 << 16, '\0');
  while (const auto got = read_some(STDIN_FILENO, std::as_writable_bytes(std::span(block)), "standard input")) {
    out.append(block, 0, got);
    if (out.size() > k_most) throw input_error("the input is larger than " + show_size(k_most), "ingest it in pieces");
  }
  return out;
}

// The views that a name stands for: those of a push source, else the view itself.
std::vector<const feature::View*> views_of(const feature::Registry& registry, const std::string& name,
                                           feature::Target target) {
  if (auto views = feature::views_of_push(registry, name); !views.empty()) return views;
  std::vector<std::string> known;
  for (const auto& [view, applied] : registry.views) {
    known.push_back(view);
    if (!applied.view.source.push.empty()) known.push_back(applied.view.source.push);
  }
  const auto found = registry.views.find(name);
  if (found == registry.views.end()) {
    const std::string near = nearest(name, known);
    throw input_error("there is no push source or view \"" + name + "\"",
                      near.empty() ? "mlops feature list shows what there is" : "did you mean \"" + near + "\"?");
  }
  if (target != feature::Target::online)
    throw input_error("view \"" + name + "\" is no push source, so its rows can only go online",
                      found->second.view.source.push.empty()
                          ? "push: NAME in the view's source makes one"
                          : "name its push source, \"" + found->second.view.source.push + "\"");
  return {&found->second.view};
}

}  // namespace

Run define_feature_ingest(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "a push source or a view")->required();
  app.add_option("FILE", options->file, "JSON lines, one row each (standard input)");
  app.add_option("--to", options->target, "online, offline or online_and_offline (online)")->type_name("WHERE");
  return [options](Context& context) {
    const auto target = feature::parse_target(options->target);
    if (!target)
      throw usage_error("\"" + options->target + "\" is no place for rows", "online, offline or online_and_offline");
    const auto repository = open_repository(context);
    const auto registry = feature::load_registry(repository->database());
    const auto views = views_of(registry, options->name, *target);
    const std::string text = read_input(options->file);
    std::vector<web::OrderedJson> texts;
    const auto rows = feature::lines_of(text, texts);
    const auto store = feature::OnlineStore::open(repository->state() / "online");
    const auto written = feature::push(*store, views, rows, *target);
    Json names = Json::array();
    for (const auto* view : views) names.push_back(view->name);
    if (context.out.json())
      context.out.value({{"name", options->name},
                         {"views", names},
                         {"to", options->target},
                         {"rows", rows.count},
                         {"written", written}});
    context.out.line(
        fmt::format("{}  {} rows, {} newest rows changed", options->name, show_count(rows.count), show_count(written)));
    return k_exit_done;
  };
}

}  // namespace mlops
