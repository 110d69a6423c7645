#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/revision.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> names;
  bool exit_code = false;
};

// What the words mean: up to two revisions, then paths. A word that is a path here is a path.
struct Question {
  std::vector<std::string> revisions, paths;
};

Question understand(const data::Repository& repository, const std::vector<std::string>& names) {
  Question question;
  for (const auto& name : names) {
    std::error_code ignored;
    const bool here = fs::exists(fs::symlink_status(name, ignored)) || fs::exists(name + ".mlops", ignored);
    if (!here && question.paths.empty() && data::is_revision(repository, name)) question.revisions.push_back(name);
    else question.paths.push_back(repository.relative(name));
  }
  if (question.revisions.size() > 2) throw usage_error("at most two revisions can be compared", "mlops data diff -h shows examples");
  if (question.paths.empty()) question.paths.emplace_back(".");
  return question;
}

using Pointers = std::map<std::string, store::ObjectRef>;

class Differences {
 public:
  Differences(data::Repository& repository, Output& out, const Question& question)
      : repository_(repository), out_(out),
        before_(question.revisions.empty() ? data::pointers_here(repository) : data::pointers_of(repository, question.revisions[0])),
        to_work_tree_(question.revisions.size() < 2),
        after_(to_work_tree_ ? data::pointers_here(repository) : data::pointers_of(repository, question.revisions[1])) {}

  // Versioned paths of either side that are `path` or lie in it, or in which it lies.
  void compare(const std::string& path) {
    std::set<std::string> all;
    for (const auto* side : {&before_, &after_})
      for (const auto& [one, object] : *side)
        if (path == "." || is_in(one, path) || is_in(path, one)) all.insert(one);
    if (all.empty() && path != ".") throw input_error("\"" + printable(path) + "\" is not versioned by mlops", "mlops data add " + printable(path) + " makes a version of it");
    for (const auto& one : all) compare_version(one, path == "." || is_in(one, path) ? one : path);
  }

  std::vector<data::Change> changes;

 private:
  static bool is_in(const std::string& path, const std::string& above) { return path == above || path.starts_with(above + "/"); }

  static std::optional<store::ObjectRef> find(const Pointers& pointers, const std::string& path) {
    const auto found = pointers.find(path);
    return found == pointers.end() ? std::nullopt : std::optional(found->second);
  }

  // Only what is `wanted` or lies in it.
  void compare_version(const std::string& path, const std::string& wanted) {
    const auto before = data::stored_side(repository_, find(before_, path));
    const auto after = to_work_tree_ ? data::work_side(repository_, path, &out_.progress(), interrupt_token()) : data::stored_side(repository_, find(after_, path));
    for (auto& change : data::diff(before, after, path))
      if (is_in(change.path, wanted)) changes.push_back(std::move(change));
  }

  data::Repository& repository_;
  Output& out_;
  Pointers before_;
  bool to_work_tree_;
  Pointers after_;
};

}  // namespace

Run define_data_diff(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("REV", options->names, "none, one or two git revisions, then paths");
  app.add_flag("--exit-code", options->exit_code, "exit 1 where something differs");
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    const Question question = understand(*repository, options->names);
    Differences differences(*repository, context.out, question);
    for (const auto& path : question.paths) differences.compare(path);
    context.out.progress().finish();
    Table table{{{""}, {"path"}, {"change"}}, {}};
    Json list = Json::array();
    for (const auto& change : differences.changes) {
      table.rows.push_back(change_row(change));
      list.push_back(to_json(change));
    }
    if (context.out.json()) context.out.value(list);
    else if (!context.out.quiet() && !table.rows.empty()) context.out.table(table);
    if (list.empty()) context.out.line("no differences");
    return options->exit_code && !list.empty() ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
