#include "data/roots.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/commit_roots.h"
#include "data/links.h"
#include "data/stand_in.h"
#include "data/tracked.h"
#include "data/work_trees.h"
#include "data/worktree.h"
#include "meta/tracking.h"

namespace mlops::data {
namespace {

using Visit = std::function<void(const Root&)>;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool names_versions(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name == "mlops.lock" || (name.ends_with(".mlops") && name != ".mlops");
}

std::string versioned_path(const std::string& file) {
  return file.ends_with(".mlops") ? file.substr(0, file.size() - 6) : file;
}

void visit_text(const std::string& file, std::string_view text, const std::string& where, const Visit& visit) {
  const std::string path = versioned_path(file);
  for_each_id_in(text, [&](const Id& id) { visit({id, path, path + where}); });
}

// Outputs are versions of paths and must be here. Of the dependencies those that are code have their bytes in git
// alone, so they are kept where they are known and not missed where they are not.
void visit_lock(const std::string& file, const std::string& text, const std::string& where, const Visit& visit) {
  std::set<Id> outs;
  const Json lock = to_json(parse_yaml(text, file));
  const Json stages = lock.is_object() ? lock.value("stages", Json::object()) : Json::object();
  for (const auto& stage : stages) {
    const Json list = stage.is_object() ? stage.value("outs", Json::array()) : Json::array();
    for (const auto& out : list)
      if (const auto id = Id::from_hex(text_or(out, "sha256"))) {
        outs.insert(*id);
        visit({*id, text_or(out, "path"), file + where});
      }
  }
  for_each_id_in(text, [&](const Id& id) {
    if (!outs.contains(id)) visit({id, "", file});
  });
}

// A project may have several mlops.lock; they lie beside a mlops.yaml, where pointers may lie too.
void visit_files(const fs::path& directory, const TrackedFiles& files, const std::string& where, const Visit& visit) {
  const Beneath root(directory);
  for (const auto& path : files.paths)
    if (const auto text = root.read(path + ".mlops"))
      visit_text(path + ".mlops", stood_for(directory, path + ".mlops", *text).value_or(*text), where, visit);
  for (const auto& file : files.locks)
    if (const auto text = root.read(file, 64 << 20))
      visit_lock(file, stood_for(directory, file, *text).value_or(*text), where, visit);
}

constexpr const char *k_here = " (here)", *k_link_here = " (a link here)";

void visit_work_tree(const Repository& repository, const Visit& visit) {
  visit_files(repository.root(), tracked_files(repository), k_here, visit);
}

// What links lead to stays, whatever else names it.
void visit_links(Repository& repository, const fs::path& root, const Visit& visit) {
  for_each_linked_file(repository, root, [&](const std::string& path, const Id& file) {
    visit({file, path, path + k_link_here});
  });
}

// Run in a clone below that has no .mlops, or by an older mlops, data add puts versions of another repository's
// pointers into this store. They are kept; nobody misses them here.
void visit_repositories(const fs::path& root, const std::vector<std::string>& below, const Visit& visit) {
  for (const auto& directory : below) {
    const fs::path place = root / directory;
    const TrackedFiles files = every_tracked_file(place);
    const Beneath top(place);
    const auto look = [&](const std::string& file) {
      const auto text = top.read(file, 64 << 20);
      if (text) for_each_id_in(*text, [&](const Id& id) { visit({id, "", directory + "/" + file}); });
    };
    for (const auto& path : files.paths) look(path + ".mlops");
    for (const auto& file : files.locks) look(file);
    visit_repositories(place, files.repositories, visit);
  }
}

void visit_every(Repository& repository, const fs::path& root, const std::string& where, const Visit& visit) {
  const TrackedFiles files = every_tracked_file(root);
  visit_files(root, files, where, visit);
  visit_repositories(root, files.repositories, visit);
  visit_links(repository, root, visit);
}

void visit_another(Repository& repository, const fs::path& root, const Visit& visit) {
  try {
    visit_every(repository, root, " (in " + root.string() + ")", visit);
  } catch (const Error& error) {
    throw Error(
        error.kind(),
        "of the git work tree \"" + printable(root.string()) + "\", which shares this store: " + error.message(),
        error.hint());
  }
}

// For gc: all work trees of this store, and in them what git ignores too.
void visit_work_trees(Repository& repository, const Visit& visit) {
  visit_every(repository, repository.root(), k_here, visit);
  for (const auto& root : shared_work_trees(repository))
    if (root != repository.root()) visit_another(repository, root, visit);
}

// fsck goes on where something can't be read, gc does not.
void attempt(bool damaged, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error&) {
    if (!damaged) throw;
  }
}

// A file of a revision, or what it stands for where a filter of git has put it aside.
code::Git::Visit visitor(const fs::path& root, const std::string& where, const Visit& visit, bool damaged = false) {
  return [=](const std::string& path, const std::string& bytes) {
    attempt(damaged, [&] { visit_text(path, stood_for(root, path, bytes).value_or(bytes), where, visit); });
  };
}

void visit_git(const fs::path& root, const CommitRange* range, const Visit& visit, bool damaged = false) {
  const auto git = code::Git::discover(root);
  if (!git) return;
  const auto look = visitor(root, " in a git revision", visit, damaged);
  if (range == nullptr)
    git->for_each_version(names_versions, look);
  else
    git->for_each_version_between(range->tips, range->known, names_versions, look);
}

// Runs and logged models that a tracking client deleted: their records stay, what they hold may go.
std::set<std::string> deleted_objects(Repository& repository) {
  std::set<std::string> seen, out;
  for (const char* type : {"run", "logged-model"})
    for (const auto& entry : repository.database().list({.type = type, .key = ""}))  // the newest first
      if (seen.insert(entry.key).second && text_or(entry.body, "lifecycle") == "deleted") out.insert(entry.key);
  return out;
}

bool is_deleted(const Json& record, const std::set<std::string>& deleted) {
  const std::string type = text_or(record, "type");
  return (type == "run" && deleted.contains(text_or(record, "run_id"))) ||
         (type == "logged-model" && deleted.contains(text_or(record, "key")));
}

// Returns its type.
std::string visit_record(const store::Store& store, const Id& record, const std::set<std::string>& deleted,
                         const Visit& visit) {
  const std::string name = "record " + record.brief();
  visit({record, "", name});
  const Json body = parse_json(store.get(store::Kind::record, record), name);
  if (!is_deleted(body, deleted)) meta::for_each_id(body, [&](const Id& id) { visit({id, "", name}); });
  return text_or(body, "type");
}

// By what the record is of; filled when the first class of them is asked.
struct RecordRoots {
  std::vector<Root> models, runs, others;
};

void sort_records(Repository& repository, RecordRoots& out, bool damaged) {
  out = {};
  const store::Store& store = repository.store();
  const auto deleted = deleted_objects(repository);
  store.for_each(store::Kind::record, [&](const Id& record) {
    std::vector<Root> roots;
    std::string type;
    try {
      type = visit_record(store, record, deleted, [&](const Root& root) { roots.push_back(root); });
    } catch (const Error&) {
      if (!damaged) throw;
    }
    auto& list = type == "model" ? out.models : type == "run" ? out.runs : out.others;
    list.insert(list.end(), roots.begin(), roots.end());
  });
}

void visit_all(const std::vector<Root>& roots, const Visit& visit) {
  for (const auto& root : roots) visit(root);
}

void visit_revisions(const fs::path& root, const std::vector<std::string>& revisions, const Visit& visit) {
  const auto git = code::Git::discover(root);
  for (const auto& revision : revisions) {
    if (!git || !git->for_each_file(revision, names_versions, visitor(root, " in " + revision, visit)))
      throw input_error("there is no revision \"" + printable(revision) + "\" here", "git log shows them");
  }
}

void visit_git_since(const fs::path& root, Micros since, const Visit& visit) {
  if (const auto git = code::Git::discover(root))
    git->for_each_version_since(since / 1'000'000, names_versions, visitor(root, " in a git revision", visit));
}

void visit_active_runs(Repository& repository, const Visit& visit) {
  for (const auto& [run, state] : repository.database().active())
    meta::for_each_id(state, [&, name = "run " + run.substr(0, 12)](const Id& id) { visit({id, "", name}); });
}

// The one list of what stays: gc, which tells the reasons apart, and fsck go by it.
std::vector<RootClass> classes(Repository& repository, const KeepRules& rules, bool damaged) {
  visit_revisions(repository.root(), rules.revisions,
                  [](const Root&) {});  // a wrong one is said before anything is done
  std::vector<RootClass> out;
  const auto records = std::make_shared<RecordRoots>();
  out.push_back({"the work tree", [&repository, damaged](const Visit& visit) {
                   meta::store_pending(repository.database());
                   attempt(damaged, [&] { visit_work_trees(repository, visit); });
                 }});
  const Micros since = rules.newer ? now_micros() - *rules.newer : 0;
  out.push_back({"git", [&repository, since, all = !rules.newer, damaged](const Visit& visit) {
                   if (all)
                     attempt(damaged, [&] { visit_git(repository.root(), nullptr, visit, damaged); });
                   else
                     visit_git_since(repository.root(), since, visit);
                 }});
  if (!rules.revisions.empty())
    out.push_back({"--keep", [&repository, revisions = rules.revisions](const Visit& visit) {
                     visit_revisions(repository.root(), revisions, visit);
                   }});
  out.push_back({"models", [&repository, records, damaged](const Visit& visit) {
                   sort_records(repository, *records, damaged);
                   visit_all(records->models, visit);
                 }});
  out.push_back(
      {"runs", [&repository, records](const Visit& visit) {
         visit_all(records->runs, visit);
         visit_active_runs(repository, visit);
         meta::for_each_artifact(repository.database(), [&](const Id& id) { visit({id, "", "an artifact"}); });
       }});
  out.push_back({"other records", [records](const Visit& visit) { visit_all(records->others, visit); }});
  return out;
}

// One git repository may hold several of mlops: only paths of this one, relative to its root.
Visit only_own(const Repository& repository, const Visit& visit) {
  const auto git = code::Git::discover(repository.root());
  const std::string prefix = git ? git->prefix_of(repository.root()) : "";
  const auto known = std::make_shared<std::map<std::string, bool>>();  // by directory
  return [&repository, prefix, known, visit](const Root& root) {
    if (!root.path.starts_with(prefix)) return;
    Root own = root;
    own.path = root.path.substr(prefix.size());
    const std::string directory = split_path(own.path).first;
    auto at = known->find(directory);
    if (at == known->end())
      at = known->emplace(directory, repository_around(repository.root(), directory).empty()).first;
    if (at->second) visit(own);
  };
}

}  // namespace

bool goes_with(const Root& root, const std::string& tracked) {
  return is_in(root.path, tracked) && (root.named_by == root.path + k_here || root.named_by == root.path + k_link_here);
}

void for_each_id_in(std::string_view text, const std::function<void(const Id&)>& visit) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end - at == 64) visit(*Id::from_hex(text.substr(at, 64)));
    at = end + 1;
  }
}

void for_each_work_tree_root(const Repository& repository, const Visit& visit) { visit_work_tree(repository, visit); }
void for_each_git_root(const Repository& repository, const Visit& visit) {
  visit_git(repository.root(), nullptr, only_own(repository, visit));
}
void for_each_git_root(const Repository& repository, const CommitRange& range, const Visit& visit) {
  visit_git(repository.root(), &range, only_own(repository, visit));
}

void for_each_commit_root(const Repository& repository, const std::string& revision,
                          const std::function<void(const Id&)>& visit) {
  if (const auto git = code::Git::discover(repository.root()))
    git->for_each_file(
        revision, names_versions,
        [&](const std::string& path, const std::string& bytes) {
          for_each_id_in(stood_for(repository.root(), path, bytes).value_or(bytes), visit);
        },
        code::Git::Unfetched::pass_over);
}

std::uint64_t count_unfetched(const Repository& repository) {
  const auto git = code::Git::discover(repository.root());
  return git ? git->count_unfetched(names_versions) : 0;
}

std::vector<RootClass> root_classes(Repository& repository, const KeepRules& rules) {
  return classes(repository, rules, false);
}

void for_each_root(Repository& repository, const Visit& visit, bool damaged) {
  for (const auto& one : classes(repository, {}, damaged)) one.for_each(visit);
}

}  // namespace mlops::data
