#include "store/large_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/shared_folder.h"
#include "base/text.h"
#include "base/time.h"
#include "store/bytes.h"
#include "store/compression.h"
#include "store/plain_file.h"
#include "store/read_lease.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_copied = 32 << 20;  // files that are copied anyway: one fsync more each must not matter
constexpr std::uint64_t k_sync_every = 64 << 20;
constexpr std::int64_t k_tick = 25'000'000;  // of file systems' clocks, ns
constexpr std::size_t k_sample = 4096, k_samples = 16;

struct stat look(int fd, const fs::path& name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at \"" + printable(name.string()) + "\"", errno);
  return info;
}

// Another name of it elsewhere would become read-only too, and could be changed unseen; and a pack is no file to be
// adopted.
bool adoptable(int fd, const struct stat& info, const Layout& layout) {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
  return info.st_uid == ::geteuid() && info.st_nlink == 1 && (info.st_mode & 0111) == 0 &&
         here.parent_path() != fs::canonical(layout.packs(), ignored);
}

}  // namespace

LargeFile::LargeFile(StoreWriter& writer, const Layout& layout, int fd, fs::path name, Link link)
    : writer_(writer), layout_(layout), fd_(fd), name_(std::move(name)), link_(link) {}

Recipe LargeFile::run() {
  Recipe recipe = run_as(choose());
  if (way_ == Way::link && !adopt()) recipe = run_as(Way::copy);
  if (recipe.chunks.size() > 1) writer_.put_recipe(recipe);
  if (way_ == Way::none || !pack_) return recipe;
  if (recipe.size < k_plain_minimum) give_up();  // it shrank while it was read
  if (way_ == Way::none) return recipe;
  for (const auto& chunk : recipe.chunks) pack_->append_plain(chunk.id, chunk.length);
  pack_->end_plain(recipe.file);
  if (way_ == Way::copy)
    writer_.add_plain(std::move(pack_));
  else
    writer_.add_shared(std::move(pack_), as_read_, name_);
  return recipe;
}

LargeFile::Way LargeFile::choose() {
  const auto info = look(fd_, name_);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size < k_plain_minimum) return Way::none;
  if (link_ != Link::copy && !writer_.clones_fail()) {
    pack_ = PackBuilder::plain(layout_);
    if (::ioctl(pack_->fd(), FICLONE, fd_) == 0) {
      as_read_ = file_stat(look(pack_->fd(), name_));
      return Way::clone;
    }
    writer_.note_that_clones_fail();
    pack_.reset();
  }
  if (links_names(link_)) return adoptable(fd_, info, layout_) && nobody_writes() ? Way::link : Way::copy;
  return size >= k_copied && !shrinks(size) ? Way::copy : Way::none;
}

bool LargeFile::shrinks(std::uint64_t size) const {
  std::array<std::byte, k_sample> sample;
  std::size_t shrunk = 0;
  for (std::size_t i = 0; i < k_samples; ++i) {
    const auto got =
        ::pread(fd_, sample.data(), sample.size(), static_cast<off_t>((size - k_sample) / (k_samples - 1) * i));
    if (got == static_cast<ssize_t>(k_sample) && sample_shrinks(sample)) ++shrunk;
  }
  return shrunk > k_samples / 4;
}

Recipe LargeFile::run_as(Way way) {
  way_ = way;
  chunks_.clear();
  seen_ = old_ = 0;
  if (way_ == Way::copy) pack_ = PackBuilder::plain(layout_);
  return FileIngest(way_ == Way::clone ? pack_->fd() : fd_, name_, *this).run();
}

// From here on a change shows in the state: who writes through memory marks the time at the first touch of a page only,
// and two changes within one tick of the clock look alike.
bool LargeFile::nobody_writes() {
  const auto age = [&] { return now_micros() * 1000 - as_read_.ctime; };
  for (int look_twice = 0; look_twice < 2; ++look_twice) {
    const ReadLease lease(fd_);
    if (!lease) return false;
    as_read_ = file_stat(look(fd_, name_));
    if (age() >= k_tick) return true;
    if (look_twice == 0) std::this_thread::sleep_for(std::chrono::nanoseconds(k_tick));
  }
  return false;
}

// The file gets a second name in the store, if nobody is writing to it and it is still what was read. From here on it
// is read-only; should it be changed all the same, its state tells (verified_packs.h).
bool LargeFile::adopt() {
  const ReadLease lease(fd_);
  const auto info = look(fd_, name_);
  if (!lease || info.st_nlink != 1 || file_stat(info) != as_read_) return false;
  pack_ = PackBuilder::linked(layout_, fd_);
  if (!pack_ || ::fchmod(fd_, info.st_mode & 0444) != 0) return false;
  share_with_group(fd_, layout_.packs());
  return true;
}

Id LargeFile::put(std::span<const std::byte> chunk) {
  return way_ == Way::none ? writer_.put_chunk(chunk) : sha256(chunk);
}

void LargeFile::write(std::span<const std::byte> bytes, std::uint64_t offset) {
  if (way_ != Way::copy) return;
  pack_->write(offset, view(bytes));
  if ((offset + bytes.size()) / k_sync_every != offset / k_sync_every) pack_->start_writing();
}

void LargeFile::seen(std::span<const ChunkRef> chunks) {
  if (way_ == Way::none) return;
  for (const auto& chunk : chunks) {
    chunks_.push_back(chunk);
    seen_ += chunk.length;
    if (writer_.holds({Kind::chunk, chunk.id})) old_ += chunk.length;
  }
  if (old_ > seen_ / 10) give_up();
}

// Too much of it is in the store already: what was seen goes chunk by chunk too.
void LargeFile::give_up() {
  const int from = pack_ ? pack_->fd() : fd_;
  std::vector<std::byte> bytes;
  std::uint64_t offset = 0;
  for (const auto& chunk : chunks_) {
    bytes.resize(chunk.length);
    if (!writer_.holds({Kind::chunk, chunk.id})) {
      const auto got = ::pread(from, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (got != static_cast<ssize_t>(bytes.size()) || writer_.put_chunk(bytes) != chunk.id)
        throw input_error("\"" + printable(name_.string()) + "\" changes while it is read",
                          "wait until nothing writes to it, then run the command again");
    }
    offset += chunk.length;
  }
  if (way_ == Way::copy) pack_.reset();  // a clone is still read from
  way_ = Way::none;
  chunks_.clear();
}

}  // namespace mlops::store
