#include "store/pack_builder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file_at.h"
#include "base/shared_folder.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/pack_index.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_direct = 64 << 10, k_gather = 1 << 20;

void rename_in(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw system_error("cannot write \"" + printable(to.string()) + "\"", errno);
}

// umask(2) can only be read by setting it, which other threads would feel.
mode_t file_mask() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Umask:")) return static_cast<mode_t>(std::stoul(line.substr(6), nullptr, 8));
  return 077;
}

}  // namespace

bool make_read_only(int fd, const Layout& layout) {
  static const mode_t k_mask = file_mask();
  if (::fchmod(fd, 0444 & ~k_mask) != 0) return false;
  share_with_group(fd, layout.packs());
  return true;
}

PackBuilder::PackBuilder(const Layout& layout)
    : layout_(layout), pack_file_(layout.tmp() / ("new-" + random_hex(16) + ".pack")), size_(k_pack_magic.size()) {
  fd_ = open_file(pack_file_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  gathered_.bytes = k_pack_magic;
}

PackBuilder::PackBuilder(const Layout& layout, Plain)
    : layout_(layout), pack_file_(layout.tmp() / ("new-" + random_hex(16) + ".pack")), size_(0) {}

std::unique_ptr<PackBuilder> PackBuilder::plain(const Layout& layout) {
  std::unique_ptr<PackBuilder> pack(new PackBuilder(layout, Plain{}));
  pack->fd_ = open_file(pack->pack_file_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  return pack;
}

std::unique_ptr<PackBuilder> PackBuilder::linked(const Layout& layout, int file) {
  std::unique_ptr<PackBuilder> pack(new PackBuilder(layout, Plain{}));
  const std::string from = "/proc/self/fd/" + std::to_string(file);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, pack->pack_file_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    pack->pack_file_.clear();
    return nullptr;
  }
  pack->fd_ = open_file(pack->pack_file_, O_RDONLY | O_NOFOLLOW);
  return pack;
}

std::unique_ptr<PackBuilder> PackBuilder::taken(const Layout& layout, const fs::path& file) {
  std::unique_ptr<PackBuilder> pack(new PackBuilder(layout, Plain{}));
  rename_in(file, pack->pack_file_);
  pack->fd_ = open_file(pack->pack_file_, O_RDWR | O_NOFOLLOW);
  return pack;
}

PackBuilder::~PackBuilder() {
  if (!pack_file_.empty()) ::unlink(pack_file_.c_str());
  if (!index_file_.empty()) ::unlink(index_file_.c_str());
}

bool PackBuilder::append(const Key& key, const Id& digest, std::string_view stored, std::uint32_t plain, Extent& extent,
                         Write& due) {
  extent = {size_, static_cast<std::uint32_t>(stored.size()), plain};
  entries_.push_back({key, extent});
  append_id(digests_, digest);
  size_ += stored.size();
  if (stored.size() >= k_direct) {
    due = take_gathered();
    return true;
  }
  if (gathered_.bytes.empty()) {
    gathered_.offset = extent.offset;
    gathered_.bytes.reserve(k_gather + k_direct);
  }
  gathered_.bytes += stored;
  if (gathered_.bytes.size() >= k_gather) due = take_gathered();
  return false;
}

void PackBuilder::append_plain(const Id& chunk, std::uint32_t length) {
  entries_.push_back({{Kind::chunk, chunk}, {size_, length, length}});
  size_ += length;
}

PackBuilder::Write PackBuilder::take_gathered() { return std::exchange(gathered_, Write{}); }

void PackBuilder::write(std::uint64_t offset, std::string_view bytes) const {
  write_at(fd_.get(), bytes_of(bytes), offset, pack_file_);
}

void PackBuilder::start_writing() const { ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }

void PackBuilder::seal() {
  const Write rest = take_gathered();
  write(rest.offset, rest.bytes);
  if (::fsync(fd_.get()) != 0) throw system_error("cannot write \"" + printable(pack_file_.string()) + "\"", errno);
  const IndexImage index =
      file_ ? encode_plain_index(entries_, size_, *file_) : encode_index(entries_, size_, sha256(digests_));
  name_ = index.name;
  index_file_ = pack_file_;
  index_file_.replace_extension(".index");
  const Fd fd = open_file(index_file_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  write_all(fd.get(), index.bytes, index_file_);
  if (::fsync(fd.get()) != 0) throw system_error("cannot write \"" + printable(index_file_.string()) + "\"", errno);
}

void PackBuilder::publish_pack() {
  rename_in(pack_file_, layout_.pack(name_));
  pack_file_.clear();
}

void PackBuilder::publish_index() {
  rename_in(index_file_, layout_.index(name_));
  index_file_.clear();
}

}  // namespace mlops::store
