#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/git_rules.h"
#include "data/inside.h"
#include "data/memory.h"
#include "data/revision.h"
#include "data/tracked.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool force = false, keep = false;
};

// Each once, and all of them before the first goes.
std::vector<std::string> asked(const data::Repository& repository, const Options& options) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& typed : options.paths) {
    const std::string path = data::own_path(repository, typed);
    const auto above = data::tracked_above(repository, path);
    if (!above) throw input_error("\"" + printable(path) + "\" is not versioned by mlops");
    if (*above != path && options.keep)
      throw input_error(
          "\"" + printable(path) + "\" is part of \"" + printable(*above) + "\", which is versioned as a whole",
          "name it in .mlopsignore, then mlops data add " + shell_path(*above));
    if (*above != path) data::GitRules(repository).refuse_pointer(*above);  // which is written anew
    if (seen.insert(path).second) out.push_back(path);
  }
  return out;
}

Json rm(data::Repository& repository, Output& out, const std::string& path, const Options& options) {
  const auto above = data::tracked_above(repository, path);
  if (!above) throw input_error("\"" + printable(path) + "\" is not versioned by mlops");
  const bool inside = *above != path;
  const data::RestoreOptions how{options.force, &out.progress(), interrupt_token()};
  const auto restored =
      inside ? data::remove_inside(repository, *above, path, how) : data::untrack(repository, path, options.keep, how);
  out.progress().finish();
  note_restored(out, path, restored);
  out.line(Text(path, Style::bold) + Text(options.keep ? "  is not versioned any more; the files stay"
                                                       : "  removed (" + count_files(restored.removed) + ")"));
  Json json{{"removed", restored.removed}, {"saved", restored.saved ? Json(restored.saved->id.hex()) : Json()}};
  put_path(json, path);
  return json;
}

}  // namespace

Run define_data_rm(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "versioned paths")->required();
  app.add_flag("--force", options->force,
               "also files that are saved nowhere, which are stored first, and versions that nothing else names");
  app.add_flag("--keep", options->keep, "leave the files; only stop versioning them");
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    Json list = Json::array();
    const data::Memory::Batch batch(repository->memory());
    for (const auto& path : asked(*repository, *options)) list.push_back(rm(*repository, context.out, path, *options));
    if (context.out.json()) context.out.value(list);
    context.out.note("next: git add -u    records it");
    return k_exit_done;
  };
}

}  // namespace mlops
