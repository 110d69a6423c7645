// The packs of a remote that gc found unneeded: lists, "condemned/SHA256", each written once by one gc and never
// removed. Readers still find what is in such a pack; pushers do not rely on it and push it again; a gc deletes the
// pack after the grace period, when it has copied out what is needed again. A name that was condemned never counts
// again, not even for equal bytes: so whoever sees a list knows for good what may be deleted.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "store/remote/remote.h"

namespace mlops::store {

inline constexpr std::uint64_t k_condemned_limit = 64 << 20;  // bytes of one list

// One list: packs that are condemned from `time` on, and condemned ones that are deleted right after it is written.
struct CondemnedList {
  Micros time = 0;
  std::vector<Id> condemned, deleted;  // sorted, each once
};
std::string encode_condemned_list(const CondemnedList& list);
// Throws Error(state) naming `name` for what is none, and for one of a later version.
CondemnedList parse_condemned_list(std::string_view text, const std::string& name);
// "condemned/SHA256" of its text.
std::string condemned_list_name(std::string_view text);

// Writes the list that condemns these packs from now on.
void condemn(Remote& remote, std::vector<Id> packs);

class CondemnedPacks {
 public:
  CondemnedPacks() = default;
  // All lists that are there now; `folder` keeps copies. One that is damaged is passed over, and told by `problems`.
  CondemnedPacks(const Remote& remote, const fs::path& folder);

  [[nodiscard]] bool has(const Id& pack) const { return since_.contains(pack); }
  [[nodiscard]] Micros since(const Id& pack) const { return since_.at(pack); }
  [[nodiscard]] bool deleted(const Id& pack) const { return deleted_.contains(pack); }
  [[nodiscard]] const std::set<std::string>& lists() const { return lists_; }
  [[nodiscard]] const std::vector<Error>& problems() const { return problems_; }
  // Whoever writes must know them all. Throws Error(state) where one could not be read.
  void require_all() const;

 private:
  void take(const CondemnedList& list);
  std::map<Id, Micros> since_;  // the earliest
  std::set<Id> deleted_;
  std::set<std::string> lists_;  // their names
  std::vector<Error> problems_;
};

}  // namespace mlops::store
