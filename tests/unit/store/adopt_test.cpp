// A file that becomes a pack while somebody writes to it: what is acknowledged is what can be read back, and a file of
// the same bytes that nobody touched loses nothing.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "scratch.h"
#include "store/plain_file.h"

namespace mlops::store {
namespace {

// One byte, in place and of the same size, as soon as the file's first bytes have been read.
class Flip {
 public:
  explicit Flip(const fs::path& file) : watch_(::inotify_init1(IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(watch_.get(), file.c_str(), IN_ACCESS) >= 0);
    thread_ = std::thread([this, file] {
      std::array<char, 4096> event{};
      (void)!::read(watch_.get(), event.data(), event.size());
      const Fd fd = open_file(file, O_RDWR);
      (void)!::pwrite(fd.get(), "!", 1, 10);
    });
  }
  ~Flip() { thread_.join(); }
  Flip(const Flip&) = delete;
  Flip& operator=(const Flip&) = delete;

 private:
  Fd watch_;
  std::thread thread_;
};

ObjectRef put(Writer& writer, const fs::path& file) {
  const Fd fd = open_file(file, O_RDONLY);
  return writer.put_file(fd.get(), file);
}

}  // namespace

TEST_CASE("a file that is changed in place while it is read becomes no pack of what it was") {
  const Scratch scratch;
  const auto store = scratch.open();
  const std::string bytes = noise(64 << 20);
  const fs::path one = scratch.root / "one", two = scratch.root / "two";
  replace_file(one, bytes);
  replace_file(two, bytes);
  auto writer = store->writer();
  set_link(*writer, Link::hardlink);
  std::vector<Id> said;
  try {
    {
      const Flip flip(one);
      said.push_back(put(*writer, one).id);
    }
    said.push_back(put(*writer, two).id);
    CHECK(said[1] == sha256(bytes));
    writer->commit();
  } catch (const Error& error) {  // it came too late to be read again, and soon enough to be noticed
    CHECK(error.kind() == ErrorKind::input);
    said.clear();
  }
  CHECK(read_file(two) == bytes);
  for (const auto& id : said) CHECK(sha256(scratch.open()->read_whole_file(id)) == id);
}

TEST_CASE("a file that was changed after it became a pack is not committed as what it was") {
  const Scratch scratch;
  const auto store = scratch.open();
  const std::string bytes = noise(4 << 20);
  const fs::path one = scratch.root / "one";
  replace_file(one, bytes);
  auto writer = store->writer();
  set_link(*writer, Link::hardlink);
  const Id id = put(*writer, one).id;
  struct stat info {};
  REQUIRE(::stat(one.c_str(), &info) == 0);
  if (info.st_nlink == 1) return;  // this file system has no leases: it was copied
  fs::permissions(one, fs::perms::owner_write, fs::perm_options::add);
  const Fd fd = open_file(one, O_RDWR);
  REQUIRE(::pwrite(fd.get(), "!", 1, 10) == 1);
  CHECK_THROWS_AS(writer->commit(), Error);
  CHECK_FALSE(scratch.open()->has_file(id));
}

}  // namespace mlops::store
