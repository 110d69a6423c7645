// What a work tree remembers between commands and can do without: the ids of files that still look the same
// (stat_cache.h), and the versions that its files come from (bases.h). Read once, and again where another process has
// replaced a file; written at once or, while a Batch lives, when that ends. None of it fails because nothing can be
// written. Any thread may call.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "data/bases.h"
#include "data/stat_cache.h"

namespace mlops::data {

class Kept;

class Memory {
 public:
  // `lock` is where writers wait for each other.
  Memory(fs::path stat_cache, fs::path bases, fs::path lock);

  // With what has been noted of `path`.
  [[nodiscard]] std::shared_ptr<const StatCache> stats(const std::string& path);
  void note(StatCache::Update update);

  template <class Look>
  auto look(const Look& look) {
    const std::lock_guard guard(bases_mutex_);
    refresh_bases();
    return look(static_cast<const Bases&>(bases_));
  }
  void edit(std::function<void(Bases&)> change);

  // What kept.h has found out, while a KeptScope lives.
  [[nodiscard]] std::shared_ptr<Kept>& kept() { return kept_; }

  // For a command on many paths: thousands of them are not thousands of files written.
  class Batch {
   public:
    explicit Batch(Memory& memory);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

   private:
    Memory& memory_;
  };

 private:
  // Which file was read, to be told from one that has replaced it.
  struct Seen {
    bool there = false;
    FileStat stat;
    bool operator==(const Seen&) const = default;
  };
  static Seen see(const fs::path& file);
  void refresh_stats();
  void refresh_bases();
  void write_stats();
  void write_bases();

  const fs::path stat_cache_file_, bases_file_, lock_file_;
  std::mutex stats_mutex_, bases_mutex_;  // never one in the other
  std::atomic<int> batches_ = 0;
  Seen seen_stats_, seen_bases_;
  std::shared_ptr<const StatCache> stats_;
  Bases bases_;
  StatCache::Update noted_;
  std::vector<std::function<void(Bases&)>> edits_;  // already in bases_
  std::shared_ptr<Kept> kept_;
};

}  // namespace mlops::data
