// Which file had which id when it looked like this: size, mtime, ctime and inode by path. A file that still looks the
// same is not read again. One file, memory-mapped, with a checksum, replaced whole by rename; a damaged one counts as
// empty.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "data/beneath.h"
#include "store/mapped_file.h"

namespace mlops::data {

class StatCache {
 public:
  struct Record {
    std::string name;
    FileStat stat;
    Id id;
  };
  // What walks have found: the records of each of the subtrees ("" = of everything) are these and no others;
  // directories outside them get theirs added. Of several of one name the last counts.
  struct Update {
    std::set<std::string> subtrees;
    std::map<std::string, std::vector<Record>> directories;
    // What was found after it.
    void add(Update later);
    // Whether one of the subtrees is `path`, lies in it or holds it.
    [[nodiscard]] bool concerns(const std::string& path) const;
    [[nodiscard]] bool empty() const { return subtrees.empty() && directories.empty(); }
  };

  StatCache() = default;
  static StatCache load(const fs::path& file);
  // What is wrong with the file, or "".
  static std::string check(const fs::path& file);

  // The records of one directory; find() is quickest where names are asked for in order.
  class Directory {
   public:
    // Null where it is not known, or looks different now.
    [[nodiscard]] std::optional<Id> find(std::string_view name, const FileStat& stat);
    [[nodiscard]] std::size_t size() const { return count_; }

   private:
    friend class StatCache;
    [[nodiscard]] std::string_view name_at(std::size_t i) const;
    const StatCache* cache_ = nullptr;
    std::size_t first_ = 0, count_ = 0, next_ = 0;
  };
  [[nodiscard]] Directory directory(std::string_view path) const;

  // A cache that can't be written is no reason to fail: then the next command looks again.
  void save(const fs::path& file, Update update) const;

 private:
  struct Header {
    std::uint64_t directories = 0, records = 0, strings = 0;
  };
  explicit StatCache(store::MappedFile file);
  [[nodiscard]] std::string_view text(std::uint64_t offset, std::uint32_t size) const;
  [[nodiscard]] std::string_view directory_path(std::size_t i) const;
  [[nodiscard]] Record record(std::size_t i) const;
  [[nodiscard]] std::string merged(Update update) const;

  store::MappedFile file_;
  Header header_;
  const char* directories_ = nullptr;
  const char* records_ = nullptr;
  const char* strings_ = nullptr;
};

// May a file that looked like this at `seen` still be told from a later change? Not when it was changed so shortly
// before that another change could carry the same time (git: racy timestamps).
bool settled(const FileStat& stat, Micros seen);

}  // namespace mlops::data
