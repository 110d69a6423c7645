#include <fmt/format.h>

#include "base/text.h"
#include "commands.h"
#include "data/merge.h"
#include "data/roots.h"
#include "exchange/trees.h"
#include "pipeline/lock_merge.h"

namespace mlops {
namespace {

struct Options {
  std::string base, ours, theirs, path;
  std::size_t marker = 7;
};

constexpr std::uint64_t k_limit = 1 << 20, k_lock_limit = 256 << 20;  // of a pointer, and of mlops.lock

// git runs this at the top of its work tree; the repository of mlops may be further down, or the folder not be there
// yet.
std::unique_ptr<data::Repository> repository_of(const std::string& path) {
  std::error_code ignored;
  fs::path at = (fs::current_path() / path).parent_path();
  while (!fs::is_directory(at, ignored) && at.has_relative_path()) at = at.parent_path();
  return data::Repository::open(at);
}

std::string side(const std::optional<store::TreeEntry>& entry) { return !entry ? "removed" : entry->id.brief(); }

void tell(Output& out, const std::string& path, const std::vector<data::MergeConflict>& conflicts) {
  for (const auto& conflict : conflicts)
    out.note(fmt::format("conflict: {}  base {}, ours {}, theirs {}", conflict.path,
                         conflict.base ? side(conflict.base) : "none", side(conflict.ours), side(conflict.theirs)));
  if (conflicts.empty()) out.note("conflict: " + path + ".mlops  both sides changed its other keys");
  out.note("next: keep one side's lines of " + path + ".mlops (all else is merged in both), mlops data checkout " +
           path + ", git add " + path + ".mlops" +
           (conflicts.empty()
                ? ""
                : "    mlops data cat ID shows either file, theirs after mlops pull --rev MERGE_HEAD " + path));
}

Json to_json(const data::MergeConflict& conflict) {
  const auto id = [](const std::optional<store::TreeEntry>& entry) { return entry ? Json(entry->id.hex()) : Json(); };
  return {{"path", to_utf8(conflict.path)},
          {"base", id(conflict.base)},
          {"ours", id(conflict.ours)},
          {"theirs", id(conflict.theirs)}};
}

// git takes the file as it is now: it must not look merged.
[[noreturn]] void leave_unmerged(const Options& options, const std::string& file, const std::string& ours,
                                 const std::string& theirs, const Error& error) {
  replace_file(options.ours, data::marked_sides(ours, theirs, options.marker, file.ends_with(".mlops")), 0644, false);
  throw Error(error.kind(), printable(file) + " is not merged: " + error.message(),
              (error.hint().empty() ? "" : error.hint() + " · ") + "git checkout -m -- " + printable(file) +
                  "   merges it again");
}

int merge_lock(Context& context, const Options& options, const std::string& file) {
  const std::string ours = read_file(options.ours, k_lock_limit), theirs = read_file(options.theirs, k_lock_limit);
  pipeline::MergedLock merged;
  try {
    const auto parse = [&](const std::string& text) { return pipeline::parse_lock(text, printable(file)); };
    merged = pipeline::merge_locks(parse(read_file(options.base, k_lock_limit)), parse(ours), parse(theirs));
    replace_file(options.ours, pipeline::lock_text(merged.lock), 0644, false);
  } catch (const Error& error) {
    leave_unmerged(options, file, ours, theirs, error);
  }
  if (context.out.json())
    context.out.value(
        {{"path", to_utf8(file)}, {"clean", true}, {"conflicts", Json::array()}, {"undecided", merged.undecided}});
  if (!merged.undecided.empty())
    context.out.note(file + "  both sides changed " + join(merged.undecided, ", ") +
                     " differently, so neither is taken\nnext: mlops pipeline run");
  return k_exit_done;
}

// The sides' lists of files, which are small, where they are not here. False where nothing could be brought.
bool fetch_trees(Context& context, data::Repository& repository, const std::vector<std::string>& sides) {
  std::vector<Id> versions;
  for (const auto& text : sides) data::for_each_id_in(text, [&](const Id& id) { versions.push_back(id); });
  try {
    return !exchange::fetch_trees(repository, versions, interrupt_token()).empty();
  } catch (const Error& error) {
    if (interrupt_signal() != 0) throw;
    context.out.warning("the lists of files that the merge needs could not be fetched: " + error.message());
    return false;
  }
}

data::MergedPointer merged_pointer(Context& context, const Options& options, const std::string& file,
                                   const std::string& base, const std::string& ours, const std::string& theirs) {
  const std::string path = file.substr(0, file.size() - 6);
  const auto repository = repository_of(file);
  const auto lease = repository->store().hold();
  const auto merge = [&] {
    data::TreeEdit edit(*repository, path);
    return data::merge_pointers(edit, base, ours, theirs, path, options.marker);
  };
  try {
    return merge();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::state || !fetch_trees(context, *repository, {base, ours, theirs})) throw;
  }
  return merge();
}

int merge_pointer(Context& context, const Options& options, const std::string& file) {
  const std::string ours = read_file(options.ours, k_limit), theirs = read_file(options.theirs, k_limit),
                    base = read_file(options.base, k_limit);
  const std::string path = file.substr(0, file.size() - 6);
  data::MergedPointer merged;
  try {
    merged = merged_pointer(context, options, file, base, ours, theirs);
    replace_file(options.ours, merged.text, 0644, false);
  } catch (const Error& error) {
    leave_unmerged(options, file, ours, theirs, error);
  }
  Json list = Json::array();
  for (const auto& conflict : merged.conflicts) list.push_back(to_json(conflict));
  if (context.out.json()) context.out.value({{"path", to_utf8(path)}, {"clean", merged.clean}, {"conflicts", list}});
  if (!merged.clean) tell(context.out, path, merged.conflicts);
  return merged.clean ? k_exit_done : k_exit_no;
}

int merge(Context& context, const Options& options) {
  const fs::path path = fs::path(options.path).lexically_normal();
  const std::string file = path.string();
  if (path.filename() == "mlops.lock") return merge_lock(context, options, file);
  if (file.ends_with(".mlops")) return merge_pointer(context, options, file);
  throw input_error("\"" + printable(file) + "\" is no pointer and no mlops.lock",
                    "*.mlops merge=mlops   and   mlops.lock merge=mlops   are the lines for .gitattributes");
}

}  // namespace

Run define_git_merge_driver(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--marker", options->marker, "signs in a conflict marker (7)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  app.add_option("BASE", options->base, "file with the common ancestor's version (%O)")->required();
  app.add_option("OURS", options->ours, "file with ours, which gets the result (%A)")->required();
  app.add_option("THEIRS", options->theirs, "file with theirs (%B)")->required();
  app.add_option("PATH", options->path, "the path in git's work tree (%P)")->required();
  return [options](Context& context) { return merge(context, *options); };
}

}  // namespace mlops
