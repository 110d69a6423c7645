#include "exchange/push_note.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "store/remote/transfers.h"

namespace mlops::exchange {
namespace {

constexpr std::string_view k_folder = "pushes/", k_done = ".done";
constexpr std::size_t k_name_digits = 32;
constexpr std::size_t k_most_ids = 500'000;      // of one note: 33 MiB
constexpr int k_most_tries = 5;                  // with names just made up
constexpr std::size_t k_most_commits = 100'000;  // the same

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

bool is_note(std::string_view name) {
  return name.size() == k_folder.size() + k_name_digits && name.starts_with(k_folder) &&
         is_hex(name.substr(k_folder.size()));
}

Json hex_of(const std::vector<Id>& ids) {
  Json out = Json::array();
  for (const auto& id : ids) out.push_back(id.hex());
  return out;
}

Error no_note(const std::string& name) {
  return state_error(name + " does not say what a push needs",
                     "remove that file on the remote, then push from the clone that wrote it");
}

const Json& list_of(const Json& note, const char* key, const std::string& name) {
  static const Json none = Json::array();
  const auto found = note.find(key);
  if (found == note.end()) return none;
  if (!found->is_array()) throw no_note(name);
  return *found;
}

std::vector<Id> ids_of(const Json& note, const char* key, const std::string& name) {
  std::vector<Id> out;
  for (const auto& one : list_of(note, key, name)) {
    const auto id = one.is_string() ? Id::from_hex(one.get_ref<const std::string&>()) : std::nullopt;
    if (!id) throw no_note(name);
    out.push_back(*id);
  }
  return out;
}

std::vector<std::string> commits_of(const Json& note, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& one : list_of(note, "commits", name)) {
    const std::string commit = one.is_string() ? one.get<std::string>() : "";
    if ((commit.size() != 40 && commit.size() != 64) || !is_hex(commit)) throw no_note(name);
    out.push_back(commit);
  }
  return out;
}

// Parts that one note each may hold.
std::vector<PushNote> parts_of(const PushNote& note) {
  std::vector<PushNote> out;
  std::size_t left = 0;
  const auto deal = [&](const std::vector<Id>& ids, std::vector<Id> PushNote::*list) {
    for (const auto& id : ids) {
      if (left == 0) out.push_back({note.time, note.clone, note.commits, {}, {}, {}}), left = k_most_ids;
      (out.back().*list).push_back(id);
      --left;
    }
  };
  deal(note.committed, &PushNote::committed);
  deal(note.uncommitted, &PushNote::uncommitted);
  deal(note.records, &PushNote::records);
  return out;
}

}  // namespace

std::string encode_push_note(const PushNote& note) {
  Json out{{"type", "push"},
           {"version", 1},
           {"time", to_utc(note.time)},
           {"clone", note.clone},
           {"commits", note.commits},
           {"committed", hex_of(note.committed)},
           {"uncommitted", hex_of(note.uncommitted)},
           {"records", hex_of(note.records)}};
  // Without its commits nobody can judge what they name: it counts as uncommitted.
  if (note.commits.size() > k_most_commits) out["commits"] = Json::array();
  return canonical_json(out);
}

PushNote parse_push_note(std::string_view text, const std::string& name) {
  const Json note = parse_json(text, name);
  if (!note.is_object() || text_or(note, "type") != "push") throw no_note(name);
  if (integer_or(note, "version") != 1)
    throw state_error(name + " was written by a later mlops", "install the version that your team uses");
  const auto time = parse_time(text_or(note, "time"));
  if (!time) throw no_note(name);
  return {*time,
          text_or(note, "clone"),
          commits_of(note, name),
          ids_of(note, "committed", name),
          ids_of(note, "uncommitted", name),
          ids_of(note, "records", name)};
}

std::vector<std::string> write_push_note(store::Remote& remote, const PushNote& note) {
  std::vector<std::string> names;
  for (const auto& part : parts_of(note)) {
    const std::string text = encode_push_note(part);
    const auto write = [&] {
      return remote.write_once(names.emplace_back(std::string(k_folder) + random_hex(k_name_digits)),
                               std::string_view(text));
    };
    for (int tries = 1; !write(); ++tries)
      if (tries == k_most_tries)
        throw outside_error(printable(remote.url()) + " says of every new note of a push that it has one of that name");
  }
  return names;
}

void mark_done(store::Remote& remote, const std::vector<std::string>& notes) {
  for (const auto& name : notes) remote.write_once(name + std::string(k_done), std::string_view("done\n"));
}

std::vector<ReadNote> read_push_notes(const store::Remote& remote) {
  auto items = remote.list(std::string(k_folder));
  std::set<std::string> names;
  for (const auto& item : items) names.insert(item.name);
  std::erase_if(items, [](const auto& item) { return !is_note(item.name); });
  std::vector<ReadNote> out;
  std::mutex mutex;
  store::transfer_each(remote, items, [&](std::size_t i) {
    const std::string& name = items[i].name;
    const std::string what = name + " on " + printable(remote.url());
    if (items[i].size > k_note_limit) throw no_note(what);
    try {
      ReadNote one{name, parse_push_note(remote.read(name, 0, items[i].size), what),
                   names.contains(name + std::string(k_done))};
      const std::lock_guard lock(mutex);
      out.push_back(std::move(one));
    } catch (const store::Gone&) {  // another gc found that it names nothing any more
    }
  });
  return out;
}

void remove_note(store::Remote& remote, const std::string& name) {
  remote.remove(name);
  remote.remove(name + std::string(k_done));
}

bool is_young(const ReadNote& note, const NoteRules& rules) {
  const Micros age = rules.now - note.note.time;  // negative where clocks differ: young
  return age < (note.done ? rules.grace : std::max(rules.grace, k_longest_push));
}

std::vector<Id> kept_unknown(const ReadNote& note, const NoteRules& rules) {
  if (rules.unknown >= 0 && rules.now - note.note.time >= rules.unknown) return {};
  const auto& commits = note.note.commits;
  const bool known = !commits.empty() && std::all_of(commits.begin(), commits.end(), rules.has_commit);
  std::vector<Id> out = note.note.uncommitted;
  if (!known) out.insert(out.end(), note.note.committed.begin(), note.note.committed.end());
  return out;
}

}  // namespace mlops::exchange
