#include "data/kept.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/foreign/adopt.h"
#include "data/history.h"
#include "data/memory.h"
#include "data/revision.h"
#include "data/roots.h"
#include "data/tree_edit.h"
#include "data/unfolding.h"
#include "data/whole.h"
#include "store/tree.h"

namespace mlops::data {
namespace {

using store::Kind;

// Trees of the store. What is not there, or damaged, holds nothing.
class Trees {
 public:
  explicit Trees(const store::Store& store) : store_(store) {}

  const store::Tree& operator()(const Id& id) {
    const auto [at, fresh] = trees_.try_emplace(id);
    if (fresh) at->second = read(id);
    return at->second;
  }

  [[nodiscard]] store::Tree read(const Id& id) const {
    try {
      return store_.has(Kind::tree, id) ? store::decode_tree(store_.get(Kind::tree, id)) : store::Tree();
    } catch (const Error&) {
      return {};
    }
  }

  // What stands at "a/b" below a tree.
  std::optional<Id> find(Id tree, std::string_view inside) {
    while (true) {
      const auto slash = inside.find('/');
      const auto name = inside.substr(0, slash);
      const auto& entries = (*this)(tree);
      const auto found = std::lower_bound(entries.begin(), entries.end(), name,
                                          [](const store::TreeEntry& e, std::string_view n) { return e.name < n; });
      if (found == entries.end() || found->name != name) return std::nullopt;
      if (slash == std::string_view::npos) return found->id;
      if (found->mode != store::Mode::directory) return std::nullopt;
      tree = found->id;
      inside.remove_prefix(slash + 1);
    }
  }

 private:
  const store::Store& store_;
  std::unordered_map<Id, store::Tree, IdHash> trees_;
};

}  // namespace

// What the questions of one command share. Not thread-safe.
class Kept {
 public:
  explicit Kept(Repository& repository) : repository_(repository), trees_(repository.store()) {}

  // A store that is only to be read has nothing that gc could delete meanwhile: nullptr.
  const store::Writer* relied_on() {
    if (!std::exchange(asked_for_writer_, true)) try {
        writer_ = repository_.store().writer();
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::outside) throw;
      }
    return writer_.get();
  }

  code::Git* git() {
    if (!std::exchange(asked_for_git_, true)) git_ = code::Git::discover(repository_.root());
    return git_.get();
  }

  // The versions of a path in the history of HEAD: of the first that is asked for by itself, then of all in one walk.
  std::vector<ObjectRef> history(const std::string& tracked) {
    if (questions_++ > 0) return history_of_all()[tracked];
    std::vector<ObjectRef> out;
    for (const auto& version : history_of(repository_, tracked))
      if (version.object) out.push_back(*version.object);
    return out;
  }

  // Whether anything that gc would keep is, or holds, the object.
  bool named(const Id& id) {
    if (!std::exchange(asked_for_roots_, true)) try {
        for_each_root(
            repository_, [&](const Root& root) { open_.push_back(root.id); }, true);
      } catch (const Error&) {  // what can't be read names nothing
      }
    while (!reached_.contains(id)) {
      if (open_.empty()) return false;
      const Id next = open_.back();
      open_.pop_back();
      if (!walked_.insert(next).second) continue;
      reached_.insert(next);
      for (const auto& entry : trees_.read(next))
        if (entry.mode == store::Mode::directory)
          open_.push_back(entry.id);
        else
          reached_.insert(entry.id);
    }
    return true;
  }

 private:
  std::map<std::string, std::vector<ObjectRef>>& history_of_all() {
    const auto head = !all_ && git() != nullptr ? git()->head() : std::nullopt;
    if (!all_) all_.emplace();
    if (!head) return *all_;
    const std::string prefix = git()->prefix_of(repository_.root());
    git()->for_each_version_between(
        {head->id}, {}, [&](std::string_view path) { return path.starts_with(prefix) && path.ends_with(".mlops"); },
        [&](const std::string& path, const std::string& bytes) {
          const std::string pointer = path.substr(prefix.size());
          try {
            (*all_)[pointer.substr(0, pointer.size() - 6)].push_back(parse_pointer(bytes, pointer).object);
          } catch (const Error&) {  // a conflict's markers name nothing
          }
        });
    return *all_;
  }

  Repository& repository_;
  Trees trees_;
  bool asked_for_writer_ = false, asked_for_git_ = false, asked_for_roots_ = false;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<code::Git> git_;
  std::size_t questions_ = 0;
  std::optional<std::map<std::string, std::vector<ObjectRef>>> all_;
  std::vector<Id> open_;
  std::unordered_set<Id, IdHash> walked_, reached_;
};

namespace {

class Search {
 public:
  Search(Repository& repository, const std::vector<Leaving>& leaving, const std::string& going)
      : repository_(repository),
        shared_(repository.memory().kept()),
        own_(repository),
        leaving_(leaving),
        going_(going),
        trees_(repository.store()),
        lost_(leaving.size(), true) {}

  std::vector<bool> run(Asked enough) {
    look_in_store();
    look_near();
    if (enough == Asked::everything) look_everywhere();
    return lost_;
  }

 private:
  // Only what is wholly there, and not condemned, can be in a version that counts.
  void look_in_store() {
    const auto* writer = kept().relied_on();
    for (std::size_t i = 0; i < leaving_.size(); ++i) {
      const auto& store = repository_.store();
      const auto& id = leaving_[i].id;
      const auto here = [&](const Id& file) {
        return writer ? holds_whole_file(store, *writer, file) : has_whole_file(store, file);
      };
      if (leaving_[i].odd) continue;
      if (here(id))
        open_.push_back(i);
      else if (const auto behind = lfs_object(repository_.root() / leaving_[i].path))
        lost_[i] = !here(*behind);  // git-lfs's own text, not the data
    }
  }

  // The versions of the path itself: here, staged, of the last commits that HEAD was at, of its history.
  void look_near() {
    if (open_.empty()) return;
    const auto tracked =
        going_.empty() ? tracked_above(repository_, leaving_[open_.front()].path) : std::optional(going_);
    if (!tracked) return;
    auto* git = kept().git();
    const std::string pointer = *tracked + ".mlops", file = git ? git->prefix_of(repository_.root()) + pointer : "";
    const auto look_at = [&](const std::optional<std::string>& text) {
      if (text) look_in(*tracked, parse_pointer(*text, pointer).object);
    };
    if (*tracked != going_) attempt([&] { look_at(Beneath(repository_.root()).read(pointer)); });
    if (git) attempt([&] { look_at(git->staged(file)); });
    for (const char* revision : {"HEAD", "ORIG_HEAD", "HEAD@{1}"})
      if (git) attempt([&] { look_at(git->read(revision, file)); });
    attempt([&] {
      for (const auto& version : kept().history(*tracked)) look_in(*tracked, version);
    });
  }

  // What can't be read (a conflict's markers, a damaged commit) names nothing.
  template <class Work>
  void attempt(const Work& work) {
    if (!open_.empty()) try {
        work();
      } catch (const Error&) {
      }
  }

  void look_in(const std::string& tracked, const ObjectRef& version) {
    if (!versions_.insert(version.id).second) return;
    std::erase_if(open_, [&](std::size_t i) {
      const auto& [path, id, odd] = leaving_[i];
      const bool there = path == tracked
                             ? version.id == id
                             : version.kind == Kind::tree && path.starts_with(tracked + "/") &&
                                   trees_.find(version.id, std::string_view(path).substr(tracked.size() + 1)) == id;
      if (there) lost_[i] = false;
      return there;
    });
  }

  // All that gc would keep, whatever its path.
  void look_everywhere() {
    if (shared_ && going_.empty()) {
      for (const auto i : open_) lost_[i] = !shared_->named(leaving_[i].id);
      return;
    }
    std::unordered_multimap<Id, std::size_t, IdHash> open;
    for (const auto i : open_) open.emplace(leaving_[i].id, i);
    const auto found = [&](const Id& id) {
      const auto [from, to] = open.equal_range(id);
      for (auto at = from; at != to; ++at) lost_[at->second] = false;
      open.erase(from, to);
    };
    std::unordered_set<Id, IdHash> seen;
    const auto look_at = [&](const Root& root) {
      if (going_.empty() || !goes_with(root, going_)) walk(root.id, seen, open, found);
    };
    attempt([&] { for_each_root(repository_, look_at, true); });
  }

  template <class Open, class Found>
  void walk(const Id& top, std::unordered_set<Id, IdHash>& seen, const Open& wanted, const Found& found) {
    std::vector<Id> open{top};
    while (!open.empty() && !wanted.empty()) {
      const Id id = open.back();
      open.pop_back();
      if (!seen.insert(id).second) continue;
      found(id);
      for (const auto& entry : trees_.read(id)) {
        if (entry.mode == store::Mode::directory)
          open.push_back(entry.id);
        else
          found(entry.id);
      }
    }
  }

  Kept& kept() { return shared_ ? *shared_ : own_; }

  Repository& repository_;
  std::shared_ptr<Kept> shared_;
  Kept own_;
  const std::vector<Leaving>& leaving_;
  const std::string& going_;
  Trees trees_;
  std::vector<bool> lost_;
  std::vector<std::size_t> open_;  // in the store, but not seen in a version yet
  std::unordered_set<Id, IdHash> versions_;
};

void collect_files(const Trees& trees, const store::Store& store, const std::string& path,
                   const store::TreeEntry& entry, Unfolding& unfolding, std::vector<Leaving>& out) {
  if (entry.mode != store::Mode::directory) {
    unfolding.file(path);
    if (has_whole_file(store, entry.id)) out.push_back({path, entry.id});
    return;
  }
  unfolding.directory(path);
  for (const auto& below : trees.read(entry.id))
    collect_files(trees, store, path + "/" + below.name, below, unfolding, out);
}

}  // namespace

KeptScope::KeptScope(Repository& repository) : repository_(repository) {
  if (!repository.memory().kept()) repository.memory().kept() = std::make_shared<Kept>(repository);
}

KeptScope::~KeptScope() { repository_.memory().kept() = nullptr; }

std::vector<bool> would_be_lost(Repository& repository, const std::vector<Leaving>& leaving, Asked enough,
                                const std::string& going) {
  return leaving.empty() ? std::vector<bool>() : Search(repository, leaving, going).run(enough);
}

bool lost_with_pointer(Repository& repository, const std::string& tracked, const std::string& path) {
  const auto pointer = read_pointer(repository, tracked);
  if (!pointer) return false;
  const auto& store = repository.store();
  const auto entry = path == tracked ? std::optional(entry_of(pointer->object))
                                     : descend(store, pointer->object, path.substr(tracked.size() + 1));
  std::vector<Leaving> files;
  if (entry) {
    Unfolding unfolding(entry->files);
    collect_files(Trees(store), store, path, *entry, unfolding, files);
  }
  const auto lost = would_be_lost(repository, files, Asked::everything, tracked);
  return std::find(lost.begin(), lost.end(), true) != lost.end();
}

}  // namespace mlops::data
