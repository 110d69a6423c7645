#include "store/local_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/folder.h"
#include "base/shared_folder.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/condemned.h"
#include "store/format.h"
#include "store/lease.h"
#include "store/object_reader.h"
#include "store/store_writer.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

std::string named(const Key& key) { return std::string(to_text(key.kind)) + " " + key.id.brief(); }

void make_directories(const Layout& layout) {
  make_private_directory(layout.root);
  for (const auto& directory : {layout.packs(), layout.tmp(), layout.leases()}) make_private_directory(directory);
}

// The least and the greatest id that begin with these digits.
std::pair<Id, Id> range_of(std::string_view prefix) {
  std::string low(prefix), high(prefix);
  low.resize(64, '0');
  high.resize(64, 'f');
  const auto from = Id::from_hex(low), to = Id::from_hex(high);
  if (prefix.size() > 64 || !from || !to)
    throw input_error("\"" + printable(prefix) + "\" is no hash or beginning of one");
  return {*from, *to};
}

}  // namespace

// Also where one was killed while it was made, or is made by others at the same time.
void Store::create(const fs::path& directory) {
  const Layout layout{directory};
  if (is_there(directory / "format")) return check_format(directory);
  for (const auto& entry : entries_of(directory)) {
    const std::string name = entry.filename().string();
    const bool ours = name == "format" || name == "verified" || name == "verified.lock" || is_temporary_name(name) ||
                      (entry == layout.packs() && entries_of(entry).empty());
    if (!ours) throw state_error("\"" + printable(directory.string()) + "\" is not empty: no store is made in it");
  }
  make_directories(layout);
  VerifiedPacks::create(layout);
  write_format(directory);
}

std::unique_ptr<Store> Store::open(const fs::path& directory) {
  check_format(directory);
  return std::make_unique<LocalStore>(fs::absolute(directory));
}

LocalStore::LocalStore(fs::path directory) : layout_{std::move(directory)} {}

std::shared_ptr<const PackSet> LocalStore::packs() const {
  const std::lock_guard lock(mutex_);
  if (!packs_) packs_ = PackSet::load(layout_);
  return packs_;
}

// Another thread may have looked again since `seen`: then that is what is returned.
std::shared_ptr<const PackSet> LocalStore::look_again(const PackSet* seen) const {
  const std::lock_guard lock(mutex_);
  if (!packs_ || (packs_.get() == seen && packs_->outdated(layout_))) packs_ = PackSet::load(layout_, packs_.get());
  return packs_;
}

void LocalStore::refresh() {
  const std::lock_guard lock(mutex_);
  packs_ = PackSet::load(layout_, packs_.get());
}

bool LocalStore::has(Kind kind, const Id& id) const {
  const auto set = packs();
  return set->find({kind, id}) || look_again(set.get())->find({kind, id});
}

std::optional<Kind> LocalStore::kind_of_file(const Id& id) const {
  const auto in = [&](const PackSet& set) -> std::optional<Kind> {
    if (set.find({Kind::chunk, id})) return Kind::chunk;
    if (set.find({Kind::file, id})) return Kind::file;
    return std::nullopt;
  };
  const auto set = packs();
  if (const auto kind = in(*set)) return kind;
  return in(*look_again(set.get()));
}

bool LocalStore::has_file(const Id& id) const { return kind_of_file(id).has_value(); }

std::string LocalStore::get(Kind kind, const Id& id) const {
  const Key key{kind, id};
  const auto set = packs();
  if (const auto place = set->find(key)) try {
      return read_object(key, *place);
    } catch (const Error&) {  // gc may have moved it, or another pack may hold it whole
    }
  return get_elsewhere(key, set.get());
}

std::string LocalStore::get_elsewhere(const Key& key, const PackSet* seen) const {
  const auto set = look_again(seen);
  fs::path damaged;
  for (const auto& place : set->find_all(key)) try {
      return read_object(key, place);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
      damaged = place.pack->file();
    }
  if (!damaged.empty())
    throw state_error(named(key) + " is damaged in \"" + printable(damaged.string()) + "\"",
                      "mlops fsck names everything that is affected");
  const auto broken = set->damaged_indexes();
  if (!broken.empty())
    throw state_error(
        named(key) + " is not to be found; the index of pack " + broken.front()->name().brief() + " is damaged",
        "mlops fsck names everything that is affected");
  throw state_error(named(key) + " is not in the store", "mlops fsck names everything that is affected");
}

std::uint64_t LocalStore::file_size(const Id& id) const {
  if (const auto place = packs()->find({Kind::chunk, id})) return place->extent.plain;
  return recipe_of(id).size;
}

std::vector<Id> LocalStore::find(Kind kind, std::string_view prefix, std::size_t limit) const {
  const auto range = range_of(prefix);
  const Id from = range.first, to = range.second;
  std::vector<Id> ids;
  const auto set = look_again(packs().get());
  set->scan({kind, from}, [&](const Key& key) {
    if (key.kind != kind || key.id > to) return false;
    ids.push_back(key.id);
    return true;
  });
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > limit) ids.resize(limit);
  return ids;
}

void LocalStore::for_each(Kind kind, const std::function<void(const Id&)>& visit) const {
  for (const auto& id : find(kind, "", std::size_t(-1))) visit(id);
}

std::unique_ptr<Writer> LocalStore::writer() { return std::make_unique<StoreWriter>(*this); }

std::shared_ptr<void> LocalStore::hold() {
  const auto lease = std::make_shared<Lease>(layout_);
  lease->knows(Condemned::load(layout_).id());
  return lease;
}

void LocalStore::write_multi_index() { replace_file(layout_.multi_index(), packs()->encode_multi_index(), 0600); }

}  // namespace mlops::store
