#include "store/remote/fetch_plain.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_at.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/chunk_runs.h"
#include "store/plain_pack.h"
#include "store/remote/ranges.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

bool lock_now(int fd) {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &region) == 0;
}

FileStat state_of(const PackBuilder& pack) {
  struct stat info {};
  if (::fstat(pack.fd(), &info) != 0) throw system_error("cannot look at a file that was fetched", errno);
  return file_stat(info);
}

class PlainFetch {
 public:
  PlainFetch(const Layout& layout, const Remote& remote, const Id& pack, const Recipe& recipe,
             const TransferOptions& options)
      : remote_(remote),
        pack_name_(pack_name(pack)),
        recipe_(recipe),
        options_(options),
        part_(layout.tmp() / ("fetch-" + recipe.file.hex())) {}

  // The complete file, or nothing where another process has it.
  std::optional<fs::path> run() {
    fd_ = open_file(part_, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    struct stat info {
    }, name{};
    if (!lock_now(fd_.get()) || ::fstat(fd_.get(), &info) != 0 || ::lstat(part_.c_str(), &name) != 0 ||
        info.st_ino != name.st_ino)
      return std::nullopt;
    const auto ranges = runs_of(recipe_, k_range);
    std::size_t next = 0;  // a cut left these
    while (next < ranges.size() &&
           ranges[next].offset + ranges[next].length <= static_cast<std::uint64_t>(info.st_size) &&
           stands(ranges[next]))
      ++next;
    fetch(ranges, next);
    if (hash_.finish() != recipe_.file) {
      ::unlink(part_.c_str());
      throw state_error("file " + recipe_.file.brief() + " is another one on " + printable(remote_.url()) +
                        ": its chunks are whole, but make another file");
    }
    if (::ftruncate(fd_.get(), static_cast<off_t>(recipe_.size)) != 0)
      throw system_error("cannot write \"" + printable(part_.string()) + "\"", errno);
    return part_;
  }

 private:
  bool stands(const ChunkRun& range) {
    const std::string bytes = read_back(range);
    if (!are_chunks(recipe_, range, bytes_of(bytes))) return false;
    hash_.update(bytes);
    return true;
  }

  std::string read_back(const ChunkRun& range) const {
    std::string bytes(range.length, '\0');
    bytes.resize(read_at(fd_.get(), std::as_writable_bytes(std::span(bytes)), range.offset, part_));
    return bytes;
  }

  // Some ranges at a time, one for each transfer; beside them the ones before are hashed as a whole.
  void fetch(const std::vector<ChunkRun>& ranges, std::size_t next) {
    const std::size_t jobs = std::max(1U, std::min({options_.jobs, remote_.most_jobs(), 8U}));
    std::vector<std::string> before;
    while (next < ranges.size() || !before.empty()) {
      std::vector<std::string> now(std::min(jobs, ranges.size() - next));
      transfer_all(now.size() + 1, static_cast<unsigned>(jobs + 1), options_.stop, [&](std::size_t i) {
        if (i > 0)
          now[i - 1] = get(ranges[next + i - 1]);
        else
          for (const auto& bytes : before) hash_.update(bytes);
      });
      next += now.size();
      before = std::move(now);
    }
  }

  std::string get(const ChunkRun& range) {
    std::string bytes = remote_.read(pack_name_, range.offset, range.length);
    if (!are_chunks(recipe_, range, bytes_of(bytes)))
      throw state_error(
          "file " + recipe_.file.brief() + " is damaged on " + printable(remote_.url()) + " (" + pack_name_ + ")",
          "nothing of it was taken; mlops fsck --remote NAME --deep names what is damaged there");
    write_at(fd_.get(), bytes_of(bytes), range.offset, part_);
    ::sync_file_range(fd_.get(), static_cast<off_t>(range.offset), static_cast<off_t>(range.length),
                      SYNC_FILE_RANGE_WRITE);
    if (options_.progress != nullptr) options_.progress->advance(range.length);
    return bytes;
  }

  const Remote& remote_;
  std::string pack_name_;
  const Recipe& recipe_;
  const TransferOptions& options_;
  fs::path part_;
  Fd fd_;
  Sha256 hash_;
};

}  // namespace

bool fetch_plain(StoreWriter& writer, const Layout& layout, const Remote& remote, const Id& pack, const Recipe& recipe,
                 const TransferOptions& options) {
  PlainFetch work(layout, remote, pack, recipe, options);
  const auto part = work.run();
  if (!part) return false;
  auto plain = PackBuilder::taken(layout, *part);
  const bool linked = links_names(options.link) && make_read_only(plain->fd(), layout);
  for (const auto& chunk : recipe.chunks) plain->append_plain(chunk.id, chunk.length);
  plain->end_plain(recipe.file);
  if (linked) {  // so that its state is noted: it is verified, and needs not be again for the link
    const FileStat state = state_of(*plain);
    writer.add_shared(std::move(plain), state, "file " + recipe.file.brief());
  } else {
    writer.add_plain(std::move(plain));
  }
  writer.put_recipe(recipe);
  return true;
}

}  // namespace mlops::store
