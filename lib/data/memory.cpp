#include "data/memory.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"

namespace mlops::data {
namespace {

// What is written anew. Throws Error(outside) where the disk does not give it: then it stays as it is.
Bases bases_to_change(const fs::path& file) {
  try {
    return is_there(file) ? Bases::load(file) : Bases();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    return {};
  }
}

}  // namespace

Memory::Memory(fs::path stat_cache, fs::path bases, fs::path lock)
    : stat_cache_file_(std::move(stat_cache)), bases_file_(std::move(bases)), lock_file_(std::move(lock)) {}

Memory::Seen Memory::see(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return {};
  return {true, file_stat(info)};
}

void Memory::refresh_stats() {
  const Seen now = see(stat_cache_file_);
  if (stats_ && now == seen_stats_) return;
  stats_ = std::make_shared<const StatCache>(StatCache::load(stat_cache_file_));
  seen_stats_ = now;
}

std::shared_ptr<const StatCache> Memory::stats(const std::string& path) {
  const std::lock_guard guard(stats_mutex_);
  const bool writes = noted_.concerns(path);
  if (writes) write_stats();
  if (writes || batches_ == 0 || !stats_) refresh_stats();
  return stats_;
}

void Memory::note(StatCache::Update update) {
  const std::lock_guard guard(stats_mutex_);
  noted_.add(std::move(update));
  if (batches_ == 0) write_stats();
}

void Memory::write_stats() {
  if (noted_.empty()) return;
  refresh_stats();
  stats_->save(stat_cache_file_, std::exchange(noted_, {}));
}

// What this process has changed and not yet written comes on top of what others wrote.
void Memory::refresh_bases() {
  const Seen now = see(bases_file_);
  if (now == seen_bases_) return;
  try {
    bases_ = now.there ? Bases::load(bases_file_) : Bases();
  } catch (const Error&) {  // then nobody knows
    bases_ = {};
  }
  seen_bases_ = now;
  for (const auto& edit : edits_) edit(bases_);
}

void Memory::edit(std::function<void(Bases&)> change) {
  const std::lock_guard guard(bases_mutex_);
  if (batches_ > 0) {
    refresh_bases();
    change(bases_);
  }
  edits_.push_back(std::move(change));
  if (batches_ == 0) write_bases();
}

// Like the stat cache: one that can't be written is no reason to fail.
void Memory::write_bases() {
  if (edits_.empty()) return;
  const auto edits = std::exchange(edits_, {});
  try {
    const FileLock lock(lock_file_);
    bases_ = bases_to_change(bases_file_);  // not what stands here, but what stands there without our changes
    const Bases before = bases_;
    for (const auto& edit : edits) edit(bases_);
    if (bases_ == before) return;
    bases_.save(bases_file_);
    seen_bases_ = see(bases_file_);
  } catch (const Error& error) {
    seen_bases_ = {true, {}};
    if (error.kind() != ErrorKind::outside) throw;
  }
}

Memory::Batch::Batch(Memory& memory) : memory_(memory) { ++memory_.batches_; }

Memory::Batch::~Batch() {
  if (--memory_.batches_ > 0) return;
  try {
    {
      const std::lock_guard guard(memory_.stats_mutex_);
      memory_.write_stats();
    }
    const std::lock_guard guard(memory_.bases_mutex_);
    memory_.write_bases();
  } catch (const std::exception&) {  // only a memory
  }
}

}  // namespace mlops::data
