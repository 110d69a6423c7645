// What a push says that it needs on the remote, for gc: "pushes/RANDOM", written when everything is there, and
// "pushes/RANDOM.done" when the push is over. Others' gc can't see the branches of a clone; it sees its pushes. Private
// to this module.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "store/remote/remote.h"

namespace mlops::exchange {

inline constexpr std::uint64_t k_note_limit = 64 << 20;  // bytes

struct PushNote {
  Micros time = 0;
  std::string clone;                 // clone_id
  std::vector<std::string> commits;  // of git, which together name all of `committed`
  std::vector<Id> committed;         // versions; sorted, each once
  std::vector<Id> uncommitted;       // versions that no commit of these names
  std::vector<Id> records;           // new records and what they name: their journal says so when the push is over
};
std::string encode_push_note(const PushNote& note);
// Throws Error(state) naming `name` for what is none.
PushNote parse_push_note(std::string_view text, const std::string& name);

// Writes it, in several where it is large. Returns the names.
std::vector<std::string> write_push_note(store::Remote& remote, const PushNote& note);
void mark_done(store::Remote& remote, const std::vector<std::string>& notes);

struct ReadNote {
  std::string name;
  PushNote note;
  bool done = false;
};
std::vector<ReadNote> read_push_notes(const store::Remote& remote);
void remove_note(store::Remote& remote, const std::string& name);

// How notes count. A young one keeps what it names. An older one keeps what this clone's git can't judge: versions of
// commits that are not here, and uncommitted ones; for good where `unknown` is negative, else for that long.
struct NoteRules {
  Micros now = 0, grace = 0, unknown = -1;
  std::function<bool(const std::string& commit)> has_commit;
};
inline constexpr Micros k_longest_push = Micros{14} * 24 * 3600 * 1'000'000;  // one that is not over by then was cut

bool is_young(const ReadNote& note, const NoteRules& rules);
// What an older one keeps.
std::vector<Id> kept_unknown(const ReadNote& note, const NoteRules& rules);

}  // namespace mlops::exchange
