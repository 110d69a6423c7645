// The list of objects that gc found unneeded, and since when. Readers still find them; writers put them again, so that a
// later gc may delete them without asking who is at work.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "store/layout.h"
#include "store/object_key.h"

namespace mlops::store {

class Condemned {
 public:
  struct Entry {
    Key key;
    Micros since = 0;
  };

  Condemned() = default;
  // Sorted by key, no key twice.
  explicit Condemned(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  // An absent list is empty; so is a damaged one: everything in it is condemned anew, later.
  static Condemned load(const Layout& layout);
  // What is wrong with the file, or "".
  static std::string check(const Layout& layout);
  // When the list was last written; 0 where there is none.
  static Micros written(const Layout& layout);
  void save(const Layout& layout) const;

  [[nodiscard]] std::optional<Micros> since(const Key& key) const;
  [[nodiscard]] bool has(const Key& key) const { return since(key).has_value(); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace mlops::store
