#include "exchange/collect.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "code/git.h"
#include "exchange/journal.h"
#include "exchange/look_again.h"
#include "exchange/push_note.h"
#include "store/remote/remote_marks.h"

namespace mlops::exchange {
namespace {

using Keep = std::function<void(const Id&)>;

class Collection {
 public:
  Collection(data::Repository& repository, const NamedRemote& named, const CollectOptions& options)
      : repository_(repository),
        options_(options),
        folder_(cache_of(repository, named)),
        git_(code::Git::discover(repository.root())),
        remote_(open_remote(named, options.gc.transfer.stop)) {
    if (remote_.read_only())
      throw state_error(printable(named.url) + " can only be read",
                        "run it with the directory, machine or bucket that it shows; mlops remote list");
    if (git_ && git_->is_cut()) {
      std::error_code ignored;
      const bool shallow = fs::exists(git_->common_directory() / "shallow", ignored);
      throw state_error("this clone has only a part of git's history, so what is needed can't be told",
                        shallow ? "git fetch --unshallow, or a clone that has all"
                                : "a clone of its own that has all: git clone URL, without --filter");
    }
  }

  // The order is the one that store/remote/gc_remote.h asks for.
  Collected run(const data::KeepRules& rules) {
    store::CondemnedPacks condemned(remote_, folder_ / "indexes");
    condemned.require_all();
    rules_ = {now_micros(), options_.gc.grace, options_.unknown_pushes.value_or(-1),
              [this](const std::string& commit) { return has_commit(commit); }};
    const Journal journal(remote_, folder_, true);
    const auto notes = read_push_notes(remote_);
    const auto classes = data::root_classes(repository_, rules);
    std::vector<store::Reason> reasons;
    for (const auto& one : classes) reasons.push_back({one.reason, roots_now(one)});
    const store::Catalogue catalogue(remote_, folder_ / "indexes", std::move(condemned));
    reasons.push_back(
        {"records on the remote", [&](const Keep& keep) { keep_records(journal.shared(), catalogue, keep); }});
    add_pushes(notes, reasons);
    auto gc = options_.gc;
    gc.own = classes.size();
    Collected out;
    out.report = store::collect_remote(repository_.store(), remote_, catalogue, reasons, gc);
    out.pushes = notes.size();
    for (const auto& note : notes)
      out.unknown_pushes += !is_young(note, rules_) && !kept_unknown(note, rules_).empty() ? 1 : 0;
    out.silent_clones = silent_clones(journal, notes);
    if (!options_.gc.dry_run) forget(notes, catalogue);
    return out;
  }

 private:
  // Asked at once, before the packs are looked at.
  static store::Roots roots_now(const data::RootClass& one) {
    std::set<Id> ids;
    one.for_each([&](const data::Root& root) { ids.insert(root.id); });
    return [ids = std::move(ids)](const Keep& keep) { std::for_each(ids.begin(), ids.end(), keep); };
  }

  bool has_commit(const std::string& commit) {
    const auto [at, fresh] = commits_.emplace(commit, false);
    if (fresh) at->second = git_ && git_->commit(commit).has_value();
    return at->second;
  }

  // What tracking clients deleted is let go of, where the newest record there says so.
  void keep_records(const std::set<Id>& records, const store::Catalogue& catalogue, const Keep& keep) {
    std::vector<store::Key> keys;
    for (const auto& id : records) keys.push_back({store::Kind::record, id});
    struct Newest {
      std::pair<std::string, Id> when;
      bool deleted = false;
    };
    std::map<std::string, Newest> lives;
    std::vector<std::pair<std::string, Id>> named;  // by what has a life, "" = always
    store::read_anywhere(dynamic_cast<store::LocalStore&>(repository_.store()), remote_, catalogue, keys,
                         options_.gc.transfer, [&](const store::Key& key, std::string_view text) {
                           keep(key.id);
                           const Json record = parse_json(text, "record " + key.id.brief());
                           const std::string life = life_of(record);
                           meta::for_each_id(record, [&](const Id& id) { named.emplace_back(life, id); });
                           if (life.empty()) return;
                           Newest newest{{text_or(record, "time"), key.id}, text_or(record, "lifecycle") == "deleted"};
                           const auto [at, fresh] = lives.emplace(life, newest);
                           if (!fresh && at->second.when < newest.when) at->second = newest;
                         });
    for (const auto& [life, id] : named)
      if (life.empty() || !lives.at(life).deleted) keep(id);
  }

  static std::string life_of(const Json& record) {
    const std::string type = text_or(record, "type");
    if (type == "run" && !text_or(record, "run_id").empty()) return "run " + text_or(record, "run_id");
    if (type == "logged-model" && !text_or(record, "key").empty()) return "model " + text_or(record, "key");
    return "";
  }

  void add_pushes(const std::vector<ReadNote>& notes, std::vector<store::Reason>& reasons) {
    reasons.push_back({"recent pushes", [&](const Keep& keep) {
                         for (const auto& note : notes)
                           if (is_young(note, rules_))
                             for (const auto* ids : {&note.note.committed, &note.note.uncommitted, &note.note.records})
                               std::for_each(ids->begin(), ids->end(), keep);
                       }});
    reasons.push_back({"pushes of commits that are not here", [&](const Keep& keep) {
                         for (const auto& note : notes)
                           for (const auto& id : kept_unknown(note, rules_)) keep(id);
                       }});
  }

  std::uint64_t silent_clones(const Journal& journal, const std::vector<ReadNote>& notes) const {
    auto clones = journal.clones();
    clones.erase(clone_id(repository_));
    for (const auto& note : notes) clones.erase(note.note.clone);
    return clones.size();
  }

  // A note says for good what its clone may need, as long as something of it is there.
  void forget(const std::vector<ReadNote>& notes, const store::Catalogue& catalogue) {
    for (const auto& note : notes) {
      if (rules_.now - note.note.time < std::max(rules_.grace, k_longest_push)) continue;
      if (!is_there(note.note.committed, catalogue) && !is_there(note.note.uncommitted, catalogue))
        remove_note(remote_, note.name);
    }
  }

  static bool is_there(const std::vector<Id>& ids, const store::Catalogue& catalogue) {
    return std::any_of(ids.begin(), ids.end(), [&](const Id& id) { return catalogue.has(id); });
  }

  data::Repository& repository_;
  const CollectOptions& options_;
  fs::path folder_;
  std::unique_ptr<code::Git> git_;
  store::ListingRemote remote_;
  NoteRules rules_;
  std::map<std::string, bool> commits_;
};

}  // namespace

Collected collect(data::Repository& repository, const NamedRemote& remote, const data::KeepRules& rules,
                  const CollectOptions& options) {
  return look_again([&] { return Collection(repository, remote, options).run(rules); });
}

}  // namespace mlops::exchange
