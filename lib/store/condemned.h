// The list of objects that gc found unneeded, and since when. Readers still find them; writers put them again, so that
// a later gc may delete them once everybody who is at work knows the list.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "store/layout.h"
#include "store/object_key.h"

namespace mlops::store {

class Pack;
class PackSet;

class Condemned {
 public:
  struct Entry {
    Key key;
    Micros since = 0;
  };

  // A pack as gc saw it when it made the list. One of the same name that came later is another: it holds what was put
  // anew.
  struct Seen {
    Id pack;
    std::uint64_t inode = 0;  // of the index
    std::int64_t mtime = 0;   // of the index, ns since 1970
    auto operator<=>(const Seen&) const = default;
  };
  // Nothing where the pack has no index (any more).
  static std::optional<Seen> look(const Layout& layout, const Id& pack);

  Condemned() = default;
  // A new list, with an id of its own. Entries sorted by key, no key twice.
  Condemned(std::vector<Entry> entries, std::vector<Seen> seen);
  // An absent list is empty; so is a damaged one: everything in it is condemned anew, later.
  static Condemned load(const Layout& layout);
  // What is wrong with the file, or "".
  static std::string check(const Layout& layout);
  void save(const Layout& layout) const;
  // Whether the pack came after the list, so that what it holds stays however long it has been condemned.
  [[nodiscard]] bool precedes(const Layout& layout, const Id& pack) const;

  // What is left of it after a deletion: whoever knew the list knows that too.
  [[nodiscard]] Condemned with(std::vector<Entry> entries, std::vector<Seen> seen) const;

  // Random; 0 where there is no list.
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool saw(const Seen& pack) const;
  [[nodiscard]] std::optional<Micros> since(const Key& key) const;
  [[nodiscard]] bool has(const Key& key) const { return since(key).has_value(); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::uint64_t id_ = 0;
  std::vector<Entry> entries_;
  std::vector<Seen> seen_;  // sorted
};

// Whether what has been unneeded since then may go. For times of whatever a file says: one that is still to come is not
// over, but without a grace period no time matters.
bool is_over(Micros since, Micros grace, Micros now);
// When it will be; the last time there is where that is later.
Micros end_of(Micros since, Micros grace);
// Whether a time is so far ahead that the clock was wrong by which it was written: what has been unneeded "since" then
// would be kept for years, so its grace period begins now. Not by the clock of a machine that was just switched on.
bool is_impossible(Micros since, Micros now);

// Whether somebody who knows the list may rely on the object's being in the store: it is there and not condemned, or
// somebody put it anew since. Copies in the packs `without` do not count.
bool may_rely_on(const Condemned& list, const Layout& layout, const PackSet& set, const Key& key,
                 const std::set<const Pack*>& without = {});

}  // namespace mlops::store
