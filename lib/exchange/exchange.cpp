#include "exchange/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "data/git_rules.h"
#include "data/kept.h"
#include "data/links.h"
#include "data/memory.h"
#include "data/revision.h"
#include "data/roots.h"
#include "data/worktree.h"
#include "exchange/absent.h"
#include "exchange/journal.h"
#include "exchange/look_again.h"
#include "exchange/push_note.h"
#include "exchange/push_roots.h"
#include "exchange/whole_parts.h"
#include "register/models.h"
#include "register/registry.h"
#include "store/remote/listing.h"
#include "store/remote/mend.h"

namespace mlops::exchange {
namespace {

// What stays here unless it is asked for: rows of traffic.
bool stays_here(const Json& record) { return text_or(record, "type") == "traffic"; }

struct NewRecords {
  std::vector<Id> ids;
  std::vector<Id> named;  // all that they name
};

// With `all` also what those name that are there: some of it may be lost.
NewRecords new_records(data::Repository& repository, const std::set<Id>& shared, const store::Catalogue& catalogue,
                       bool traffic, bool all) {
  NewRecords out;
  store::Store& store = repository.store();
  store.for_each(store::Kind::record, [&](const Id& id) {
    if (!all && shared.contains(id) && catalogue.keeps({store::Kind::record, id})) return;
    const Json record = parse_json(store.get(store::Kind::record, id), "record " + id.brief());
    if (!traffic && stays_here(record) && !shared.contains(id)) return;
    if (!shared.contains(id))
      out.ids.push_back(id);
    else
      out.named.push_back(id);  // it may be lost there
    meta::for_each_id(record, [&](const Id& named) { out.named.push_back(named); });
  });
  return out;
}

bool concerns(const std::vector<std::string>& paths, const std::string& path) {
  if (paths.empty()) return true;
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& wanted) {
    return wanted == "." || wanted == path || path.starts_with(wanted + "/") || wanted.starts_with(path + "/");
  });
}

// The parts of `path` that are asked for: one, "", where that is all of it.
std::vector<std::string> parts_of(const std::vector<std::string>& paths, const std::string& path) {
  std::set<std::string> out;
  for (const auto& wanted : paths)
    if (wanted.starts_with(path + "/"))
      out.insert(wanted.substr(path.size() + 1));
    else if (wanted == "." || wanted == path || path.starts_with(wanted + "/"))
      return {""};
  if (out.empty()) return {""};
  return {out.begin(), out.end()};
}

using Version = NamedVersion;

std::vector<Version> versions_of_work_tree(const data::Repository& repository, const std::vector<std::string>& paths) {
  std::vector<Version> out;
  data::for_each_work_tree_root(repository, [&](const data::Root& root) {
    if (!root.path.empty() && concerns(paths, root.path)) out.push_back({root.id, root.path});
  });
  return out;
}

std::vector<Version> versions_of(const data::Repository& repository, const PullOptions& options) {
  std::vector<Version> out;
  if (options.all_commits) {
    if (const auto count = data::count_unfetched(repository); count > 0)
      throw state_error(
          fmt::format("git has not fetched {} pointers of older commits: this is a partial clone of git's",
                      show_count(count)),
          "git log --all -p -m -- '*.mlops' '*mlops.lock' >/dev/null   fetches what is missing");
    data::for_each_git_root(repository, [&](const data::Root& root) {
      if (!root.path.ends_with("mlops.lock") && concerns(options.paths, root.path)) out.push_back({root.id, root.path});
    });
    return out;
  }
  if (options.revision.empty()) return versions_of_work_tree(repository, options.paths);
  for (const auto& [path, object] : data::pointers_of(repository, options.revision))
    if (concerns(options.paths, path)) out.push_back({object.id, path});
  return out;
}

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

void require_versioned(const std::vector<Version>& versions, const PullOptions& options) {
  for (const auto& wanted : options.paths)
    if (wanted != "." && std::none_of(versions.begin(), versions.end(),
                                      [&](const Version& version) { return concerns({wanted}, version.path); }))
      throw input_error(quote(wanted) + " is not versioned by mlops" +
                            (options.revision.empty() ? "" : " in " + quote(options.revision)),
                        "mlops data ls lists what is");
}

// What is asked for below a versioned path must be in one of its versions.
void require_inside(data::Repository& repository, const std::vector<Version>& versions, const PullOptions& options) {
  const store::Store& store = repository.store();
  for (const auto& wanted : options.paths) {
    std::string above;
    const bool found = std::any_of(versions.begin(), versions.end(), [&](const Version& version) {
      if (!wanted.starts_with(version.path + "/")) return concerns({wanted}, version.path);
      above = version.path;
      return store.has(store::Kind::tree, version.id) &&
             data::descend(store, {store::Kind::tree, version.id, 0, 0}, wanted.substr(above.size() + 1));
    });
    if (!found && !above.empty())
      throw input_error("there is no " + quote(wanted.substr(above.size() + 1)) + " in " + quote(above),
                        "mlops data ls " + printable(above) + " lists it");
  }
}

void add_models(data::Repository& repository, std::vector<store::Wanted>& wanted) {
  for (const auto& name : registry::model_names(repository))
    for (const auto& [alias, number] : registry::aliases(repository, name))
      if (const auto version = registry::find(repository, name + "@" + alias))
        wanted.push_back({version->object.id, name + "@" + alias, ""});
}

// What others' offline pushes brought is part of every clone's training sets.
void add_pushed_rows(data::Repository& repository, std::vector<store::Wanted>& wanted) {
  for (const auto& entry : repository.database().list({.type = "pushes", .key = ""}))
    if (const auto file = Id::from_hex(text_or(entry.body, "file")))
      wanted.push_back({*file, "pushes of " + entry.key, ""});
}

void add_named_by_records(data::Repository& repository, std::vector<store::Wanted>& wanted) {
  store::Store& store = repository.store();
  store.for_each(store::Kind::record, [&](const Id& id) {
    meta::for_each_id(parse_json(store.get(store::Kind::record, id), "record " + id.brief()), [&](const Id& named) {
      wanted.push_back({named, "record " + id.brief(), ""});
    });
  });
}

void add(store::Fetched& all, const store::Fetched& some) {
  all.objects += some.objects;
  all.bytes += some.bytes;
  all.missing.insert(all.missing.end(), some.missing.begin(), some.missing.end());
  all.damaged.insert(all.damaged.end(), some.damaged.begin(), some.damaged.end());
}

// Records that are named there and can't be had stand in `fetched.missing`, and are looked for again the next time.
std::size_t pull_records(data::Repository& repository, const store::Remote& remote, const store::Catalogue& catalogue,
                         Journal& journal, const store::TransferOptions& transfer, store::Fetched& fetched) {
  auto& database =
      repository
          .database();  // opened before they come: a new one would find them in the store, and none would count as new
  std::vector<store::Wanted> wanted;
  for (const auto& id : journal.fresh()) wanted.push_back({id, "record " + id.brief(), ""});
  const auto got = store::fetch_objects(repository.store(), remote, catalogue, wanted, transfer);
  add(fetched, got);
  std::size_t adopted = 0;
  for (const auto& id : journal.fresh())
    if (repository.store().has(store::Kind::record, id)) adopted += database.adopt(id) ? 1 : 0;
  if (got.missing.empty()) journal.remember();
  return adopted;
}

bool renumbered_before(data::Repository& repository, const meta::Entry& version) {
  const auto events = repository.database().list({"event", "model:" + version.key, 0, false});
  return std::any_of(events.begin(), events.end(), [&](const meta::Entry& event) {
    return text_or(event.body.value("change", Json::object()), "renumbered") == version.id.hex();
  });
}

// Our versions whose numbers were pushed by others first get the next free ones.
std::vector<Renumbered> settle_numbers(data::Repository& repository, const std::set<Id>& shared) {
  std::vector<Renumbered> out;
  for (const auto& name : registry::model_names(repository)) {
    std::set<std::int64_t> pushed;
    std::vector<meta::Entry> ours;
    for (auto& entry : repository.database().list({"model", name, 0, false})) {
      if (shared.contains(entry.id))
        pushed.insert(integer_or(entry.body, "number"));
      else
        ours.push_back(std::move(entry));
    }
    for (const auto& entry : ours) {
      const auto number = integer_or(entry.body, "number");
      if (pushed.contains(number) && !renumbered_before(repository, entry))
        out.push_back({name, number, registry::renumber(repository, {name, number, entry.id, {}, {}, entry.body})});
    }
  }
  return out;
}

// What is to be written: the version itself, or the asked part of it.
std::optional<Part> target_of(data::Repository& repository, const Version& version,
                              const std::optional<store::ObjectRef>& pointer, const std::string& part,
                              bool some_missing) {
  store::Store& store = repository.store();
  store::ObjectRef object;
  if (pointer)
    object = *pointer;
  else if (store.has(store::Kind::tree, version.id))
    object = {store::Kind::tree, version.id, 0, 0};
  else if (store.has_file(version.id))
    object = {store::Kind::file, version.id, store.file_size(version.id), 1};
  else
    return std::nullopt;  // an output that is not kept, or one that is missing, and said so
  if (part.empty()) return Part{version.path, object};
  std::optional<store::TreeEntry> entry;
  try {
    entry = data::descend(store, object, part);
  } catch (const Error& error) {  // a list of files on the way to it is missing, and said so
    if (!some_missing || error.kind() != ErrorKind::state) throw;
  }
  if (!entry || entry->mode == store::Mode::link) return std::nullopt;
  const auto kind = entry->mode == store::Mode::directory ? store::Kind::tree : store::Kind::file;
  return Part{version.path + "/" + part, {kind, entry->id, entry->size, entry->files}};
}

void write(data::Repository& repository, const Part& part, const std::optional<store::ObjectRef>& pointer,
           const PullOptions& options, PullReport& report) {
  const auto restored = data::restore(repository, part.object, part.path,
                                      {options.force, options.transfer.progress, options.transfer.stop, {}, pointer});
  report.written += restored.written;
  report.removed += restored.removed;
  report.stays.insert(report.stays.end(), restored.stays.begin(), restored.stays.end());
  report.checked_out.push_back(part.path);
}

// Also where something is missing: then what is whole of it.
void check_out(data::Repository& repository, const std::vector<Version>& versions, const PullOptions& options,
               PullReport& report) {
  const data::Memory::Batch batch(repository.memory());
  const data::KeptScope kept(repository);
  const data::GitRules rules(repository);
  for (const auto& version : versions)
    for (const auto& part : parts_of(options.paths, version.path)) {
      const auto read = data::read_pointer(repository, version.path);
      const auto pointer = read ? std::optional(read->object) : std::nullopt;
      const auto target = target_of(repository, version, pointer, part, !report.data.missing.empty());
      if (!target) continue;
      const auto parts = report.data.missing.empty() ? std::vector{*target} : whole_parts(repository.store(), *target);
      for (const auto& one : parts) write(repository, one, pointer, options, report);
      const bool is_version = parts.size() == 1 && parts.front().path == version.path;
      if (is_version && pointer) rules.mend_ignore_line(version.path);
    }
}

// One push: what it needs there, and what it has brought.
class Push {
 public:
  Push(data::Repository& repository, const NamedRemote& named, const PushOptions& options)
      : repository_(repository),
        options_(options),
        folder_(cache_of(repository, named)),
        remote_(open_to_push(named, options.transfer.stop)) {
    if (remote_.read_only())
      throw state_error(printable(named.url) + " can only be read",
                        "push to the directory, machine or bucket that it shows; mlops remote list");
  }

  PushReport run() {
    Journal journal(remote_, folder_);  // first: what a journal names was there before it
    look();
    store::Fetched taken;
    pull_records(repository_, remote_, *catalogue_, journal, options_.transfer, taken);
    if (!taken.missing.empty())  // which numbers of models are taken can't be told
      throw state_error(
          taken.missing.front() + " is named by a journal of " + printable(remote_.url()) + " and is not there",
          "whoever pushed it can push again");
    report_.renumbered = settle_numbers(repository_, journal.shared());
    const std::string lists =
        join({catalogue_->condemned().lists().begin(), catalogue_->condemned().lists().end()}, "\n");
    records_ = new_records(repository_, journal.shared(), *catalogue_, options_.traffic, lists != known_lists());
    roots_ = push_roots(repository_, options_);
    send();
    note();
    report_.absent = absent(repository_.store(), *catalogue_, roots_.expected);
    journal.write(remote_, clone_id(repository_), records_.ids);
    mark_done(remote_, notes_);
    remote_.publish();
    if (!notes_.empty()) replace_file(folder_ / "pushed", to_utc(now_micros()) + "\n" + said_ + "\n", 0600);
    report_.records = records_.ids.size();
    if (lists != known_lists()) replace_file(folder_ / "condemned", lists, 0600, false);
    return report_;
  }

 private:
  void look() {
    catalogue_ = std::make_unique<store::Catalogue>(remote_, folder_ / "indexes");
    catalogue_->condemned().require_all();
    mend();
  }

  // As of this clone's last push: where others have condemned packs since, something may be lost with them.
  std::string known_lists() const {
    const fs::path file = folder_ / "condemned";
    return fs::exists(file) ? read_file(file, store::k_condemned_limit) : "";
  }

  // What was lost there since: whatever of it is here, needed or not, since nobody knows what others need.
  void mend() {
    const auto broken = store::broken_packs(*catalogue_);
    if (broken.empty()) return;
    const auto mended = store::mend(repository_.store(), remote_, *catalogue_, broken, options_.transfer);
    report_.data.objects += mended.objects;
    report_.data.bytes += mended.bytes;
    report_.data.packs += mended.packs_written;
    catalogue_ = std::make_unique<store::Catalogue>(remote_, folder_ / "indexes");
  }

  void send() {
    const auto sent = store::push_objects(
        repository_.store(), remote_, *catalogue_,
        [&](const std::function<void(const Id&)>& visit) {
          for (const auto* ids : {&roots_.committed, &roots_.uncommitted})
            std::for_each(ids->begin(), ids->end(), visit);
          for (const auto* ids : {&records_.ids, &records_.named}) std::for_each(ids->begin(), ids->end(), visit);
        },
        options_.transfer);
    report_.data.objects += sent.objects;
    report_.data.bytes += sent.bytes;
    report_.data.packs += sent.packs;
  }

  // Says what this push needs, then looks whether a gc has condemned some of it meanwhile, and brings that anew
  // (store/remote/gc_remote.h).
  void note() {
    const auto what = describe();
    said_ = sha256(encode_push_note({0, what.clone, what.commits, what.committed, what.uncommitted, {}})).hex();
    const bool nothing = what.committed.empty() && what.uncommitted.empty() && what.records.empty();
    if (nothing || (report_.data.objects == 0 && records_.ids.empty() && said_before())) return;
    notes_ = write_push_note(remote_, what);
    for (int tries = 0; store::CondemnedPacks(remote_, folder_ / "indexes").lists() != catalogue_->condemned().lists();
         ++tries) {
      if (tries == k_most_lists)
        throw outside_error(printable(remote_.url()) + " says again and again that packs are condemned");
      look();
      send();
    }
  }

  PushNote describe() const {
    PushNote out{now_micros(), clone_id(repository_), roots_.commits, {}, {}, {}};
    const auto add = [&](const auto& ids, std::vector<Id>& to) {
      for (const auto& id : ids)
        if (is_somewhere(id)) to.push_back(id);
    };
    add(roots_.committed, out.committed);
    add(roots_.uncommitted, out.uncommitted);
    if (out.committed.empty()) out.commits.clear();
    std::set<Id> named(records_.ids.begin(), records_.ids.end());
    named.insert(records_.named.begin(), records_.named.end());
    add(named, out.records);
    return out;
  }

  // Work trees and records may also name what is neither here nor there, as code of git's.
  bool is_somewhere(const Id& id) const {
    const auto& store = repository_.store();
    return catalogue_->has(id) || store.has_file(id) || store.has(store::Kind::tree, id) ||
           store.has(store::Kind::record, id);
  }

  // Within the last day, by this clone: to say it once more would only add files there.
  bool said_before() const {
    if (!fs::exists(folder_ / "pushed")) return false;
    const auto lines = split(read_file(folder_ / "pushed", 1000), '\n');
    const auto time = lines.size() >= 2 && lines[1] == said_ ? parse_time(lines[0]) : std::nullopt;
    return time && *time <= now_micros() && now_micros() - *time < k_said_for;
  }

  static constexpr Micros k_said_for = Micros{24} * 3600 * 1'000'000;
  static constexpr int k_most_lists = 100;  // that gcs may write while one push goes on

  data::Repository& repository_;
  const PushOptions& options_;
  fs::path folder_;
  store::ListingRemote remote_;
  std::unique_ptr<store::Catalogue> catalogue_;
  NewRecords records_;
  PushRoots roots_;
  std::vector<std::string> notes_;
  std::string said_;
  PushReport report_;
};

// With `last` a pack that is not there any more is no reason to look again.
PullReport pull_once(data::Repository& repository, const NamedRemote& named, const PullOptions& options, bool last) {
  const auto remote = open_remote(named, options.transfer.stop);
  const auto versions = versions_of(repository, options);
  require_versioned(versions, options);
  Journal journal(*remote, cache_of(repository, named));  // first: what a journal names was there before it
  const store::Catalogue catalogue(*remote, cache_of(repository, named) / "indexes");
  PullReport report;
  store::TransferOptions transfer = options.transfer;
  transfer.pass_over_damaged = true;
  transfer.pass_over_gone = last;
  report.records = pull_records(repository, *remote, catalogue, journal, transfer, report.data);
  const bool in_work_tree = options.revision.empty() && !options.trees && !options.all_commits;
  std::vector<store::Wanted> wanted;
  for (const auto& version : versions)
    for (const auto& part : parts_of(options.paths, version.path))
      wanted.push_back({version.id, version.path, part, options.trees});
  if (options.paths.empty() && in_work_tree) {
    add_models(repository, wanted);
    add_pushed_rows(repository, wanted);
  }
  if (options.all) add_named_by_records(repository, wanted);
  if (options.checkout && in_work_tree) transfer.link = data::configured_link(repository);
  const auto got = store::fetch_objects(repository.store(), *remote, catalogue, wanted, transfer);
  add(report.data, got);
  repository.store().refresh();
  if (got.missing.empty()) require_inside(repository, versions, options);
  if (options.checkout && in_work_tree) check_out(repository, versions, options, report);
  return report;
}

}  // namespace

PushReport push(data::Repository& repository, const NamedRemote& remote, const PushOptions& options) {
  return look_again([&] { return Push(repository, remote, options).run(); });
}

PullReport pull(data::Repository& repository, const NamedRemote& remote, const PullOptions& options) {
  return look_again([&](bool last) { return pull_once(repository, remote, options, last); });
}

}  // namespace mlops::exchange
