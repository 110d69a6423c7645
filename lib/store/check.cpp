#include "store/check.h"

#include <fcntl.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/folder.h"
#include "base/pool.h"
#include "store/bytes.h"
#include "store/condemned.h"
#include "store/known_damage.h"
#include "store/local_store.h"
#include "store/object_reader.h"
#include "store/plain_pack.h"

namespace mlops::store {
namespace {

std::string magic_of(const Pack& pack) {
  try {
    return pack.read({0, 8, 8});
  } catch (const Error&) {
    return {};
  }
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code ignored;
  const auto size = fs::file_size(file, ignored);
  return ignored ? 0 : size;
}

// A disk that gives no bytes back is damage; a file that can't be opened just now says nothing.
void open_or_throw(const fs::path& pack) { (void)open_file(pack, O_RDONLY); }

// One object; its payload's digest is added to `digests`. "" or what is wrong with it.
std::string check_object(const Pack& pack, const PackEntry& entry, std::string& digests) {
  try {
    std::string stored = pack.read(entry.extent);
    append_id(digests, sha256(stored));
    decode_object(entry.key, entry.extent, std::move(stored));
    return {};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) open_or_throw(pack.file());
    return error.message();
  }
}

// Its chunks, on all cores, and the whole of it.
std::optional<Damage> check_plain(const Pack& pack, Progress& progress, const std::stop_token& stop) {
  const auto entries = pack.index()->by_offset();
  Damage damage{pack.file(), {}, false, {}};
  std::mutex mutex;
  const auto add = [&](const std::string& wrong) {
    if (damage.problem.empty()) damage.problem = wrong;
  };
  parallel_for(
      entries.size() + 1,
      [&](std::size_t i) {
        if (i == 0) {
          std::string wrong;
          try {
            const Fd fd = open_file(pack.file(), O_RDONLY | O_NOFOLLOW);
            if (size_of(pack.file()) != pack.index()->pack_size())
              wrong = "its size is not what its index says";
            else if (hash_of_file(fd.get(), pack.file()) != pack.index()->checksum())
              wrong = "its checksum differs";
          } catch (const Error& error) {
            wrong = error.message();
          }
          const std::lock_guard lock(mutex);
          if (!wrong.empty()) add(wrong);
          return;
        }
        const PackEntry& entry = entries[i - 1];
        std::string digests;
        const std::string wrong = check_object(pack, entry, digests);
        progress.advance(1);
        if (wrong.empty()) return;
        const std::lock_guard lock(mutex);
        add(wrong);
        damage.objects.emplace_back(entry.key.kind, entry.key.id);
      },
      stop);
  if (damage.problem.empty() || stop.stop_requested()) return std::nullopt;
  return damage;
}

std::optional<Damage> check_pack(const Pack& pack, Progress& progress, const std::stop_token& stop) {
  const PackIndex* index = pack.index();
  if (index == nullptr) {
    fs::path file = pack.file();
    return Damage{file.replace_extension(".index"), pack.problem(), false, {}};
  }
  const std::shared_ptr<void> after(
      nullptr, [&](void*) { pack.close(); });  // a store may have more packs than a process may have files
  if (index->plain()) return check_plain(pack, progress, stop);
  Damage damage{pack.file(), {}, false, {}};
  std::string digests;
  for (const auto& entry : index->by_offset()) {
    if (stop.stop_requested()) return std::nullopt;
    const std::string wrong = check_object(pack, entry, digests);
    if (!wrong.empty() && damage.problem.empty()) damage.problem = wrong;
    if (!wrong.empty()) damage.objects.emplace_back(entry.key.kind, entry.key.id);
    progress.advance(1);
  }
  if (damage.problem.empty() && magic_of(pack) != k_pack_magic)
    damage.problem = "it does not begin like a pack of version 1";
  if (damage.problem.empty() && size_of(pack.file()) != index->pack_size())
    damage.problem = "its size is not what its index says";
  if (damage.problem.empty() && sha256(digests) != index->checksum()) damage.problem = "its checksum differs";
  if (damage.problem.empty()) return std::nullopt;
  return damage;
}

// A gc may have taken the pack away, index first, and a writer have put it there again.
std::optional<Damage> look_again(const Layout& layout, const Id& name, Progress& progress,
                                 const std::stop_token& stop) {
  const auto gone = [&] { return !is_there(layout.index(name)); };
  if (gone()) return std::nullopt;
  auto damage = check_pack(Pack(layout, name), progress, stop);
  return damage && !gone() ? std::move(damage) : std::nullopt;
}

// An index whose pack is gone: everything in it is lost.
void add_lost_packs(const Layout& layout, std::vector<Damage>& out) {
  for (const auto& file : entries_of(layout.packs())) {
    const auto name = Id::from_hex(file.stem().string());
    if (!name || file.extension() != ".index" || is_there(layout.pack(*name))) continue;
    Damage damage{layout.pack(*name), "the pack is gone; only its index is left", false, {}};
    try {
      const PackIndex index(MappedFile(file), *name);
      for (std::size_t i = 0; i < index.count(); ++i)
        damage.objects.emplace_back(index.at(i).key.kind, index.at(i).key.id);
    } catch (const Error& error) {  // the index is damaged too: what was in it can't be told
      if (!is_there(file)) continue;
      if (error.kind() == ErrorKind::outside) throw;
    }
    out.push_back(std::move(damage));
  }
}

void add_caches(const Layout& layout, std::vector<Damage>& out) {
  if (is_there(layout.multi_index())) try {
      const MultiIndex index{MappedFile(layout.multi_index())};
    } catch (const Error& error) {
      out.push_back({layout.multi_index(), error.message(), true, {}});
    }
  if (const auto problem = VerifiedPacks::check(layout); !problem.empty())
    out.push_back({layout.root / "verified", problem, true, {}});
  if (const auto problem = Condemned::check(layout); !problem.empty())
    out.push_back({layout.condemned(), problem, true, {}});
}

std::uint64_t count_objects(const PackSet& set) {
  std::uint64_t count = 0;
  for (const auto& pack : set.packs())
    if (const auto* index = pack->index()) count += index->count();
  return count;
}

// Names of the packs whose finished index still stands in tmp.
std::set<Id> unpublished(const Layout& layout) {
  std::set<Id> names;
  std::error_code gone;
  for (const auto& path : entries_of(layout.tmp())) {
    if (path.extension() != ".index" || fs::file_size(path, gone) < 32 || gone) continue;
    try {
      const MappedFile file(path);
      if (file.bytes().size() >= 32) names.insert(id_at(file.bytes().data() + file.bytes().size() - 32));
    } catch (const Error&) {  // published meanwhile
    }
  }
  return names;
}

// Objects that another pack holds whole are not lost.
void drop_readable(const LocalStore& store, Damage& damage) {
  std::erase_if(damage.objects, [&](const auto& object) {
    try {
      (void)store.get(object.first, object.second);
      return true;
    } catch (const Error&) {
      return false;
    }
  });
}

}  // namespace

std::vector<fs::path> packs_without_index(const Store& store) {
  const Layout layout{store.directory()};
  const auto killed = unpublished(layout);
  std::vector<fs::path> out;
  for (const auto& file : entries_of(layout.packs())) {
    const auto name = Id::from_hex(file.stem().string());
    if (name && file.extension() == ".pack" && !is_there(layout.index(*name)) && !killed.contains(*name))
      out.push_back(file);
  }
  return out;
}

std::vector<Damage> check(Store& store, Progress& progress, const std::stop_token& stop) {
  auto& local = dynamic_cast<LocalStore&>(store);
  local.refresh();
  const auto set = local.packs();
  progress.start("checking objects", count_objects(*set));
  std::vector<std::optional<Damage>> found(set->packs().size());
  const auto is_plain = [](const Pack& pack) { return pack.index() != nullptr && pack.index()->plain(); };
  parallel_for(
      found.size(),
      [&](std::size_t i) {
        if (!is_plain(*set->packs()[i])) found[i] = check_pack(*set->packs()[i], progress, stop);
      },
      stop);
  for (std::size_t i = 0; i < found.size() && !stop.stop_requested(); ++i)  // one after the other: each uses all cores
    if (is_plain(*set->packs()[i])) found[i] = check_pack(*set->packs()[i], progress, stop);
  std::vector<Damage> out;
  for (std::size_t i = 0; i < found.size() && !stop.stop_requested(); ++i)
    if (auto damage = found[i] ? look_again(local.layout(), set->packs()[i]->name(), progress, stop) : std::nullopt)
      out.push_back(std::move(*damage));
  add_lost_packs(local.layout(), out);
  for (auto& damage : out) drop_readable(local, damage);
  if (!stop.stop_requested()) note_damage(local.layout(), out);
  add_caches(local.layout(), out);
  progress.finish();
  return out;
}

}  // namespace mlops::store
