#include "data/verify.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/folder.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/roots.h"
#include "data/stat_cache.h"
#include "store/check.h"
#include "store/recipe.h"
#include "store/remote/catalogue.h"
#include "store/tree.h"

namespace mlops::data {
namespace {

using store::Kind;

class Walk {
 public:
  Walk(Repository& repository, const std::vector<store::Damage>& damage, Verification& out)
      : store_(repository.store()), out_(out) {
    for (const auto& remote : entries_of(repository.state() / "remotes")) remotes_.emplace_back(remote / "indexes");
    for (const auto& one : damage)
      for (const auto& [kind, id] : one.objects) broken_.insert({kind, id});
  }

  void visit(const Root& root) {
    const std::string path = root.path.empty() ? root.named_by : root.path;
    if (broken_.contains({Kind::record, root.id})) {
      lose({Kind::record, root.id});
      return add(root, path, "damaged");
    }
    if (store_.has(Kind::record, root.id)) return;
    const bool tree = knows(Kind::tree, root.id), file = knows(Kind::chunk, root.id) || knows(Kind::file, root.id);
    if (!tree && !file) return note_absent(root, path);
    if (!seen_.insert({root.id, path}).second) return;
    ++out_.versions;
    const auto problems = tree ? tree_problems(root.id) : file_problems(root.id);
    for (const auto& [below, problem] : problems) add(root, below.empty() ? path : join_path(path, below), problem);
  }

 private:
  // Path below → problem. Shared: a million versions may hold one tree.
  using Problems = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::size_t k_most_problems = 100'000;  // of one tree, which may hold one file a billion times

  bool knows(Kind kind, const Id& id) const { return store_.has(kind, id) || broken_.contains({kind, id}); }
  bool broken(Kind kind, const Id& id) const { return broken_.contains({kind, id}); }

  const Problems& tree_problems(const Id& id, std::size_t depth = 0) {
    const auto known = trees_.find(id);
    if (known != trees_.end()) return known->second;
    Problems problems;
    if (depth > store::k_deepest_tree)
      problems.emplace_back("", "has more than 512 directories below each other");
    else if (broken(Kind::tree, id))
      problems.emplace_back("", damaged({Kind::tree, id}));
    else if (!store_.has(Kind::tree, id))
      problems.emplace_back("", missing({Kind::tree, id}));
    else
      add_entries(id, problems, depth);
    return trees_[id] = std::move(problems);
  }

  void add_entries(const Id& id, Problems& problems, std::size_t depth) {
    try {
      for (const auto& entry : store::decode_tree(store_.get(Kind::tree, id))) {
        const auto& below =
            entry.mode == store::Mode::directory ? tree_problems(entry.id, depth + 1) : file_problems(entry.id);
        for (const auto& [path, problem] : below)
          if (problems.size() < k_most_problems)
            problems.emplace_back(path.empty() ? entry.name : join_path(entry.name, path), problem);
      }
    } catch (const Error& error) {  // a hostile tree with right hashes
      problems.emplace_back("", error.message());
    }
  }

  const Problems& file_problems(const Id& id) {
    const auto known = files_.find(id);
    if (known != files_.end()) return known->second;
    Problems problems;
    if (const auto problem = file_problem(id); !problem.empty()) problems.emplace_back("", problem);
    return files_[id] = std::move(problems);
  }

  std::string file_problem(const Id& id) {
    if (broken(Kind::chunk, id)) return damaged({Kind::chunk, id});
    if (broken(Kind::file, id)) return damaged({Kind::file, id});
    if (store_.has(Kind::chunk, id)) return {};
    if (!store_.has(Kind::file, id))
      return elsewhere({Kind::chunk, id}) ? missing({Kind::chunk, id}) : missing_file(id);
    std::string problem;  // the first; but all that is lost is noted
    for (const auto& chunk : store::decode_recipe(store_.get(Kind::file, id), id).chunks) {
      const auto wrong = chunk_problem(chunk.id);
      if (problem.empty()) problem = wrong;
    }
    return problem;
  }

  std::string chunk_problem(const Id& id) {
    if (broken(Kind::chunk, id)) return damaged({Kind::chunk, id});
    return store_.has(Kind::chunk, id) ? std::string() : missing({Kind::chunk, id});
  }

  std::string missing_file(const Id& id) {
    std::string problem = missing({Kind::file, id});
    if (problem != k_elsewhere) lose({Kind::chunk, id});
    return problem;
  }

  static constexpr const char* k_elsewhere = "on a remote";
  bool elsewhere(const store::Key& key) const {
    return std::any_of(remotes_.begin(), remotes_.end(), [&](const auto& remote) { return remote.has(key); });
  }
  std::string missing(const store::Key& key) {
    if (!elsewhere(key)) return lose(key), "missing";
    out_.away.push_back(key);
    return k_elsewhere;
  }
  std::string damaged(const store::Key& key) { return lose(key), "damaged"; }
  void lose(const store::Key& key) { out_.lost.push_back(key); }

  void add(const Root& root, const std::string& path, const std::string& problem) {
    if (problem == k_elsewhere)
      ++out_.elsewhere;
    else
      out_.affected.push_back({root.named_by, root.id, path, problem});
  }

  void note_absent(const Root& root, const std::string& path) {
    if (!root.path.empty() && root.named_by.ends_with("(here)"))
      out_.absent.push_back({root.named_by, root.id, path, "not in the store"});
  }

  const store::Store& store_;
  Verification& out_;
  std::vector<store::Catalogue> remotes_;
  std::set<std::pair<Kind, Id>> broken_;
  std::set<std::pair<Id, std::string>> seen_;
  std::unordered_map<Id, Problems, IdHash> trees_, files_;
};

void check_caches(Repository& repository, Verification& out) {
  if (const auto problem = StatCache::check(repository.stat_cache_file()); !problem.empty())
    out.damage.push_back({repository.stat_cache_file(), problem, true, {}});
  if (const auto problem = repository.database().check(); !problem.empty())
    out.damage.push_back({repository.state() / "meta.db", problem, true, {}});
}

// A pack without an index is what a kill leaves, or an index was lost: then something is missing.
void add_unindexed(Repository& repository, Verification& out) {
  const bool missing = !out.absent.empty() || std::any_of(out.affected.begin(), out.affected.end(),
                                                          [](const auto& one) { return one.problem == "missing"; });
  if (!missing) return;
  for (const auto& file : store::packs_without_index(repository.store()))
    out.damage.push_back({file, "its index is gone, and with it everything in it", false, {}});
}

template <class List>
void sort_by_version(List& list) {
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return std::tie(a.named_by, a.version, a.path) < std::tie(b.named_by, b.version, b.path);
  });
}

}  // namespace

bool Verification::whole() const {
  return affected.empty() && std::all_of(damage.begin(), damage.end(), [](const auto& one) { return one.cache; });
}

namespace {

void walk_versions(Repository& repository, Verification& out) {
  Walk walk(repository, out.damage, out);
  for_each_root(
      repository, [&](const Root& root) { walk.visit(root); }, true);
  add_unindexed(repository, out);
  sort_by_version(out.affected);
  sort_by_version(out.absent);
  for (auto* keys : {&out.lost, &out.away}) {
    std::sort(keys->begin(), keys->end());
    keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
  }
}

bool readable(const store::Store& store, Kind kind, const Id& id) {
  try {
    (void)store.get(kind, id);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Verification verify(Repository& repository, Progress& progress, const std::stop_token& stop) {
  Verification out;
  out.damage = store::check(repository.store(), progress, stop);
  check_caches(repository, out);
  if (stop.stop_requested()) throw state_error("interrupted");
  walk_versions(repository, out);
  return out;
}

Verification verify_again(Repository& repository, std::vector<store::Damage> before) {
  Verification out;
  for (auto& damage : before)
    std::erase_if(damage.objects,
                  [&](const auto& object) { return readable(repository.store(), object.first, object.second); });
  out.damage = std::move(before);
  walk_versions(repository, out);
  return out;
}

}  // namespace mlops::data
