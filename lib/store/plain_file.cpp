#include "store/plain_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file_at.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/time.h"
#include "store/chunk_runs.h"
#include "store/plain_pack.h"
#include "store/store_writer.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_window = 1 << 20;

const LocalStore& local(const Store& store) { return dynamic_cast<const LocalStore&>(store); }

struct stat look(int fd, const fs::path& name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at \"" + printable(name.string()) + "\"", errno);
  return info;
}

// Whether a file is its recipe's chunks and nothing more. Every core reads, hashes and hands over some of them, so that
// a large file is not held up by one hash over all of it.
template <class Use>
bool read_chunks(int fd, const fs::path& name, const Recipe& recipe, const Use& use) {
  if (static_cast<std::uint64_t>(look(fd, name).st_size) != recipe.size) return false;
  const auto runs = runs_of(recipe, k_window);
  std::atomic<bool> whole{true};
  parallel_for(runs.size(), [&](std::size_t i) {
    if (!whole) return;
    thread_local std::vector<std::byte> buffer(k_window);
    const auto bytes =
        std::span(buffer).first(read_at(fd, std::span(buffer).first(runs[i].length), runs[i].offset, name));
    if (are_chunks(recipe, runs[i], bytes))
      use(runs[i].offset, bytes);
    else
      whole = false;
  });
  return whole;
}

void start_again(int fd, const fs::path& name) {
  if (::ftruncate(fd, 0) != 0 || ::lseek(fd, 0, SEEK_SET) != 0)
    throw system_error("cannot write beside \"" + printable(name.string()) + "\"", errno);
}

// Empty where a gc has deleted it since the packs were listed.
Fd open_pack(const Pack& pack) {
  Fd fd(::open(pack.file().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno != ENOENT) throw system_error("cannot read \"" + printable(pack.file().string()) + "\"", errno);
  return fd;
}

bool was_verified(const Layout& layout, const Pack& pack, const struct stat& info) {
  const auto list = VerifiedPacks::load(layout);
  const auto* entry = list.find(pack.name());
  return entry != nullptr && entry->whole && entry->state == file_stat(info);
}

}  // namespace

const Pack* plain_pack_of(const PackSet& set, const Recipe& recipe) {
  std::set<const Pack*> asked;
  for (const auto& chunk : recipe.chunks) {
    const auto place = set.find({Kind::chunk, chunk.id});
    if (!place || !asked.insert(place->pack).second) continue;
    const PackIndex* index = place->pack->index();
    if (index != nullptr && index->plain() && index->checksum() == recipe.file) return place->pack;
  }
  return nullptr;
}

Id hash_of_file(int fd, const fs::path& name) {
  Sha256 hash;
  std::vector<std::byte> window(k_window);
  std::uint64_t offset = 0;
  while (const std::size_t have = read_at(fd, window, offset, name)) {
    hash.update(std::span(window).first(have));
    offset += have;
  }
  return hash.finish();
}

// Two changes within one tick of the file system's clock look alike: the state is kept once it is older than that.
void note_verified(const Layout& layout, const std::map<Id, FileStat>& packs, bool whole) {
  const auto look_at = [&](const Id& pack) {
    struct stat info {};
    return ::lstat(layout.pack(pack).c_str(), &info) == 0 ? file_stat(info) : FileStat{};
  };
  std::map<Id, std::optional<VerifiedPack>> entries;
  std::int64_t newest = 0;
  for (const auto& [pack, state] : packs) {
    entries[pack] = VerifiedPack{state, whole};
    newest = std::max({newest, state.ctime, state.mtime});
  }
  if (now_micros() * 1000 - newest < 25'000'000) std::this_thread::sleep_for(std::chrono::milliseconds(25));
  for (auto& [pack, entry] : entries)
    if (look_at(pack) != entry->state) entry = std::nullopt;
  try {
    VerifiedPacks::note(layout, entries);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::outside) throw;
  }
}

bool verified_now(const Layout& layout, const Pack& pack) {
  return verified_now(layout, pack, VerifiedPacks::load(layout));
}

bool verified_now(const Layout& layout, const Pack& pack, const VerifiedPacks& list) {
  const Fd fd = open_pack(pack);
  if (!fd) return false;
  const auto* entry = list.find(pack.name());
  const FileStat state =
      file_stat(look(fd.get(), pack.file()));  // before it is read: what is written meanwhile changes it
  if (entry != nullptr && entry->state == state) return entry->whole;
  const bool whole = pack.index() != nullptr && hash_of_file(fd.get(), pack.file()) == pack.index()->checksum();
  note_verified(layout, {{pack.name(), state}}, whole);
  return whole;
}

void set_link(Writer& writer, Link link) {
  if (auto* own = dynamic_cast<StoreWriter*>(&writer)) own->set_link(link);  // others write no packs of whole files
}

bool write_plain(const Store& store, const Id& file, int to, Link link) {
  const auto set = local(store).packs();
  if (!set->find({Kind::file, file})) return false;
  const Recipe recipe = decode_recipe(store.get(Kind::file, file), file);
  const Pack* pack = plain_pack_of(*set, recipe);
  if (pack == nullptr) return false;
  const Fd from(::open(pack->file().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from) return false;  // gc may have moved its chunks
  if (link != Link::copy && ::ioctl(to, FICLONE, from.get()) == 0) {
    if (was_verified(local(store).layout(), *pack, look(from.get(), pack->file())) ||
        read_chunks(to, pack->file(), recipe, [](auto, auto) {}))
      return true;
  } else if (read_chunks(from.get(), pack->file(), recipe,
                         [&](std::uint64_t offset, auto bytes) { write_at(to, bytes, offset, "a new file"); })) {
    return true;
  }
  start_again(to, pack->file());
  return false;
}

std::optional<fs::path> linkable_pack(const Store& store, const Id& file) {
  const LocalStore& here = local(store);
  const auto set = here.packs();
  if (!set->find({Kind::file, file})) return std::nullopt;
  const Pack* pack = plain_pack_of(*set, decode_recipe(store.get(Kind::file, file), file));
  struct stat info {};
  if (pack == nullptr || ::lstat(pack->file().c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_uid != ::geteuid())
    return std::nullopt;
  const Fd fd = open_pack(*pack);
  if (!fd) return std::nullopt;
  if ((info.st_mode & 0222) != 0 || (info.st_mode & 0444) == 0) {
    VerifiedPacks::note(here.layout(), {{pack->name(), std::nullopt}});  // first: from now on it shares its bytes
    if (!make_read_only(fd.get(), here.layout())) return std::nullopt;
  }
  if (!verified_now(here.layout(), *pack)) return std::nullopt;
  return pack->file();
}

// A new link changes the ctime, and nothing else if the bytes are the same.
void note_links(const Store& store, const std::vector<fs::path>& packs) {
  if (packs.empty()) return;
  const Layout& layout = local(store).layout();
  const auto list = VerifiedPacks::load(layout);
  std::map<Id, FileStat> same;
  for (const auto& pack : packs) {
    const auto name = Id::from_hex(pack.stem().string());
    const auto* entry = name ? list.find(*name) : nullptr;
    struct stat info {};
    if (entry == nullptr || !entry->whole || ::lstat(pack.c_str(), &info) != 0) continue;
    if (same_bytes(file_stat(info), entry->state)) same[*name] = file_stat(info);
  }
  if (!same.empty()) note_verified(layout, same, true);
}

std::optional<PackedFile> packed_file(const Store& store, const fs::path& path) {
  const LocalStore& here = local(store);
  const auto name = Id::from_hex(path.stem().string());
  if (!name || path.lexically_normal() != here.layout().pack(*name).lexically_normal()) return std::nullopt;
  const auto set = here.packs();
  for (const auto& pack : set->packs())
    if (pack->name() == *name && pack->index() != nullptr && pack->index()->plain())
      return PackedFile{pack->index()->checksum(), verified_now(here.layout(), *pack)};
  return std::nullopt;
}

}  // namespace mlops::store
