#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/revision.h"
#include "data/row_diff_text.h"
#include "data/tracked.h"
#include "schema/row_diff.h"
#include "table/batches.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> names, key;
  bool exit_code = false, rows = false;
  std::size_t examples = 5;
};

// What the words mean: two versions (REV:PATH, ids); or up to two revisions, then paths. A word that is a path here is
// a path.
struct Question {
  std::vector<std::string> versions, revisions, paths, typed;  // typed: what each path was called
};

bool is_version(const data::Repository& repository, const std::string& name) {
  const auto colon = name.find(':');
  if (colon != std::string::npos) return colon > 0 && data::is_revision(repository, name.substr(0, colon));
  return name.size() >= 4 && name.find_first_not_of("0123456789abcdef") == std::string::npos &&
         !data::is_revision(repository, name);
}

Question understand(const data::Repository& repository, const std::vector<std::string>& names) {
  Question question;
  if (std::any_of(names.begin(), names.end(),
                  [&](const std::string& name) { return !data::is_path_here(name) && is_version(repository, name); })) {
    if (names.size() != 2)
      throw usage_error("versions are compared two at a time", "mlops data diff HEAD~1:data HEAD:data");
    question.versions = names;
    return question;
  }
  for (const auto& name : names) {
    if (!data::is_path_here(name) && question.paths.empty() && data::is_revision(repository, name))
      question.revisions.push_back(name);
    else {
      question.paths.push_back(data::own_path(repository, name));
      question.typed.push_back(name);
    }
  }
  if (question.revisions.size() > 2)
    throw usage_error("at most two revisions can be compared", "mlops data diff -h shows examples");
  if (question.paths.empty()) question.paths = question.typed = {"."};
  return question;
}

using Pointers = std::map<std::string, store::ObjectRef>;

class Differences {
 public:
  Differences(data::Repository& repository, Output& out) : repository_(repository), out_(out) {}

  void compare(const Question& question) {
    if (!question.versions.empty()) return compare_versions(question.versions[0], question.versions[1]);
    const auto at = [&](std::size_t i) {
      return question.revisions.size() > i ? data::pointers_of(repository_, question.revisions[i])
                                           : data::pointers_here(repository_);
    };
    before_ = at(0);
    after_ = at(1);
    to_work_tree = question.revisions.size() < 2;
    for (std::size_t i = 0; i < question.paths.size(); ++i) compare_path(question.paths[i], question.typed[i]);
    data::pair_renames(changes);  // of all at once: what moved may have left one versioned path for another
  }

  std::vector<data::Change> changes;
  bool to_work_tree = false;  // the newer side are the files in the work tree
  // Of two versions that are called by other names: where the older one's files were.
  [[nodiscard]] std::string old_name(const std::string& path) const {
    return data::is_in(path, new_root_) ? old_root_ + path.substr(new_root_.size()) : path;
  }

 private:
  void compare_versions(const std::string& before, const std::string& after) {
    const auto old_version = data::locate(repository_, before), new_version = data::locate(repository_, after);
    const std::string path = !new_version.path.empty()   ? new_version.path
                             : !old_version.path.empty() ? old_version.path
                                                         : "";
    new_root_ = path;
    old_root_ = old_version.path.empty() ? before : old_version.path;
    add(data::diff(data::stored_side(repository_, old_version.object),
                   data::stored_side(repository_, new_version.object), path),
        "");
    data::pair_renames(changes);
  }

  // Versioned paths of either side that are `path` or lie in it, or in which it lies.
  void compare_path(const std::string& path, const std::string& typed) {
    std::set<std::string> paths;
    for (const auto* side : {&before_, &after_})
      for (const auto& [one, object] : *side)
        if (path == "." || data::is_in(one, path) || data::is_in(path, one)) paths.insert(one);
    if (paths.empty() && path != ".") throw data::not_versioned(repository_, typed);
    for (const auto& one : paths) compare_version(one, path == "." || data::is_in(one, path) ? one : path);
  }

  static std::optional<store::ObjectRef> find(const Pointers& pointers, const std::string& path) {
    const auto found = pointers.find(path);
    return found == pointers.end() ? std::nullopt : std::optional(found->second);
  }

  // Only what is `wanted` or lies in it.
  void compare_version(const std::string& path, const std::string& wanted) {
    const auto before = data::stored_side(repository_, find(before_, path));
    const auto after = to_work_tree ? data::work_side(repository_, path, &out_.progress(), interrupt_token())
                                    : data::stored_side(repository_, find(after_, path));
    add(data::diff(before, after, path), wanted);
  }

  void add(std::vector<data::Change> found, const std::string& wanted) {
    for (auto& change : found)
      if (wanted.empty() || data::is_in(change.path, wanted)) changes.push_back(std::move(change));
  }

  data::Repository& repository_;
  Output& out_;
  Pointers before_, after_;
  std::string old_root_, new_root_;
};

bool is_file(const std::optional<store::TreeEntry>& entry) {
  return entry && (entry->mode == store::Mode::file || entry->mode == store::Mode::executable);
}

// Of a table that both sides have. `named`: the one thing that was asked for, whatever it is called.
std::optional<schema::RowDiff> rows_of(data::Repository& repository, const data::Change& change,
                                       const Differences& differences, const Options& options) {
  if (change.kind != '~' || !is_file(change.before) || !is_file(change.after) || change.before->id == change.after->id)
    return std::nullopt;
  const bool named = differences.changes.size() == 1;
  if (!named && !table::has_table_name(change.path)) return std::nullopt;
  const auto before = table::store_source(repository.store(), change.before->id, differences.old_name(change.path));
  const auto after = differences.to_work_tree ? table::open_source(repository.root() / change.path)
                                              : table::store_source(repository.store(), change.after->id, change.path);
  schema::RowDiffOptions how;
  how.key = options.key;
  how.most = options.examples;
  return schema::diff_rows(*before, *after, how);
}

int diff(Context& context, const Options& options) {
  const auto repository = data::Repository::open();
  Differences differences(*repository, context.out);
  differences.compare(understand(*repository, options.names));
  context.out.progress().finish();
  const bool with_rows = options.rows || !options.key.empty();
  Table table{{{""}, {"path"}, {"change"}}, {}};
  Json list = Json::array();
  for (const auto& change : differences.changes) {
    table.rows.push_back(change_row(change));
    list.push_back(to_json(change));
    const auto rows = with_rows ? rows_of(*repository, change, differences, options) : std::nullopt;
    if (rows) list.back()["table"] = to_json(*rows, options.key);
    if (!with_rows || context.out.json() || context.out.quiet()) continue;
    context.out.table(table);
    table.rows.clear();
    if (rows) print(context.out, *rows, options.key);
  }
  if (context.out.json())
    context.out.value(list);
  else if (!context.out.quiet() && !table.rows.empty())
    context.out.table(table);
  if (list.empty()) context.out.line("no differences");
  return options.exit_code && !list.empty() ? k_exit_no : k_exit_done;
}

}  // namespace

Run define_data_diff(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("REV", options->names, "none, one or two git revisions, then paths; or two versions (REV:PATH, ids)");
  app.add_flag("--rows", options->rows, "of tables also columns, rows and cells");
  app.add_option("--key", options->key,
                 "columns that name a row, so that changed ones are told from new ones (implies --rows)")
      ->type_name("COLUMN,…")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--examples", options->examples, "rows to show of each kind (5)")
      ->type_name("N")
      ->check(CLI::Range(0, 10000));
  app.add_flag("--exit-code", options->exit_code, "exit 1 where something differs");
  return [options](Context& context) { return diff(context, *options); };
}

}  // namespace mlops
