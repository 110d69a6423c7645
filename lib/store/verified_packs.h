// Which packs share their bytes with files of a work tree, and how they looked when their bytes were last verified.
// Such a pack may be changed through the other name; where it looks different now, it is read before it is believed.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/file_stat.h"
#include "store/layout.h"

namespace mlops::store {

struct VerifiedPack {
  FileStat state;
  bool whole = true;  // false: in that state its bytes were not what its index says
};

// Where the list is gone or damaged, all plain packs are in it and to be verified.
class VerifiedPacks {
 public:
  static VerifiedPacks load(const Layout& layout);
  // An empty one, in a new store; one that others made and wrote to meanwhile stays.
  static void create(const Layout& layout);
  // What is wrong with the file, or "".
  static std::string check(const Layout& layout);
  // Replaces the entries of some packs on the disk. An entry that is nothing: the pack shares bytes, and is to be
  // verified at the next use.
  static void note(const Layout& layout, const std::map<Id, std::optional<VerifiedPack>>& entries);
  // Drops the entries of packs that are gone.
  static void sweep(const Layout& layout);

  [[nodiscard]] const VerifiedPack* find(const Id& pack) const;
  [[nodiscard]] const std::map<Id, VerifiedPack>& all() const { return packs_; }

 private:
  void save(const Layout& layout, bool durable) const;
  std::map<Id, VerifiedPack> packs_;
};

}  // namespace mlops::store
