#include "store/remote/catalogue.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/folder.h"
#include "base/text.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_index_limit = std::uint64_t{1} << 30;
constexpr unsigned k_asks = 8;  // at a time, after packs that are not listed
constexpr std::string_view k_folder = "packs/", k_index = ".index", k_pack = ".pack";

std::optional<Id> named(const std::string& name, std::string_view ending) {
  if (!name.starts_with(k_folder) || !name.ends_with(ending)) return std::nullopt;
  return Id::from_hex(std::string_view(name).substr(k_folder.size(), name.size() - k_folder.size() - ending.size()));
}
std::optional<Id> pack_of(const std::string& name) { return named(name, k_index); }

std::map<Id, std::uint64_t> sizes_of_packs(const std::vector<Remote::Item>& items) {
  std::map<Id, std::uint64_t> out;
  for (const auto& item : items)
    if (const auto name = named(item.name, k_pack)) out[*name] = item.size;
  return out;
}

enum class There { whole, cut, lost };

// A list that was read while a pusher was at work may name an index without its pack: so the pack itself is asked for.
There look_for(const Remote& remote, const Id& pack, std::uint64_t size) {
  try {
    (void)remote.read(pack_name(pack), std::max<std::uint64_t>(size, 1) - 1, 1);
    return There::whole;
  } catch (const Gone&) {
    return There::lost;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::state) throw;
    return There::cut;
  }
}

std::set<Id> kept_in(const fs::path& folder) {
  std::set<Id> out;
  for (const auto& file : entries_of(folder))
    if (const auto name = Id::from_hex(file.stem().string()); name && file.extension() == k_index) out.insert(*name);
  return out;
}

}  // namespace

std::string pack_name(const Id& pack) { return "packs/" + pack.hex() + ".pack"; }
std::string index_name(const Id& pack) { return "packs/" + pack.hex() + ".index"; }

void require_there(const Remote& remote, const fs::path& folder) {
  if (kept_in(folder).empty()) return;
  for (const auto* prefix : {"packs/", "listing/", "condemned/", "journal/"})
    if (!remote.list(prefix).empty()) return;
  throw outside_error(printable(remote.url()) + " is not there (not mounted?): nothing is left of what was on it",
                      "mount it, or look for where it went; where it was emptied on purpose, mlops remote remove, then "
                      "mlops remote add it again");
}

bool Catalogue::has(const Id& id) const {
  for (const auto kind : {Kind::chunk, Kind::file, Kind::tree, Kind::record})
    if (has({kind, id})) return true;
  return false;
}

Catalogue::Catalogue(const Remote& remote, const fs::path& folder) {
  auto items = remote.list(std::string(k_folder));
  condemned_ = CondemnedPacks(remote, folder);  // after the packs: what is not in them now was not deleted before that
  load(remote, folder, std::move(items));
}

Catalogue::Catalogue(const Remote& remote, const fs::path& folder, CondemnedPacks condemned)
    : condemned_(std::move(condemned)) {
  load(remote, folder, remote.list(std::string(k_folder)));
}

void Catalogue::load(const Remote& remote, const fs::path& folder, std::vector<Remote::Item> items) {
  fs::create_directories(folder);
  if (items.empty()) require_there(remote, folder);
  std::set<Id> before = kept_in(folder);
  const auto sizes = sizes_of_packs(items);
  std::vector<Remote::Item> away;
  for (auto& item : items)
    if (const auto name = pack_of(item.name); name && !(remote.lists_what_was() && condemned_.deleted(*name))) {
      before.erase(*name);
      if (!take_kept(folder, *name)) away.push_back(std::move(item));
    }
  std::mutex mutex;
  transfer_each(remote, away, [&](std::size_t i) {
    const Id name = *pack_of(away[i].name);
    auto index = fetch(remote, folder, away[i], name);
    if (index == nullptr) return;
    const std::lock_guard lock(mutex);
    indexes_.emplace_back(name, std::move(index));
  });
  std::error_code ignored;
  if (!remote.lists_what_was()) sort_out_broken(remote, sizes);
  before.insert(lost_.begin(), lost_.end());
  for (const auto& name : before) fs::remove(folder / (name.hex() + std::string(k_index)), ignored);
  build();
}

void Catalogue::sort_out_broken(const Remote& remote, const std::map<Id, std::uint64_t>& sizes) {
  std::vector<const Indexes::value_type*> unlisted;
  for (const auto& one : indexes_) {
    const auto size = sizes.find(one.first);
    if (size == sizes.end())
      unlisted.push_back(&one);
    else if (size->second != one.second->pack_size())
      cut_.insert(one.first);
  }
  std::mutex mutex;
  transfer_all(unlisted.size(), std::min(k_asks, remote.most_jobs()), {}, [&](std::size_t i) {
    const auto& [name, index] = *unlisted[i];
    const auto there = condemned_.has(name) ? There::lost : look_for(remote, name, index->pack_size());
    if (there == There::whole) return;
    const std::lock_guard lock(mutex);
    (there == There::lost ? lost_ : cut_).insert(name);
  });
  const auto first_lost = std::stable_partition(indexes_.begin(), indexes_.end(),
                                                [&](const auto& one) { return !lost_.contains(one.first); });
  std::move(first_lost, indexes_.end(), std::back_inserter(of_lost_));
  indexes_.erase(first_lost, indexes_.end());
}

Catalogue::Catalogue(const fs::path& folder) {
  for (const auto& name : kept_in(folder)) try {
      indexes_.emplace_back(
          name, std::make_unique<PackIndex>(MappedFile(folder / (name.hex() + std::string(k_index))), name));
    } catch (const Error& error) {  // damaged here: the next transfer fetches it again
      if (error.kind() == ErrorKind::outside) throw;
    }
  build();
}

void Catalogue::build() {
  std::vector<MultiIndex::Source> lasting, passing;
  for (const auto& [name, index] : indexes_) {
    const bool condemned = condemned_.has(name) || cut_.contains(name);
    (condemned ? passing : lasting).push_back({name, index.get()});
    if (index->plain() && !condemned) plain_[index->checksum()] = name;
  }
  lasting_ = std::make_unique<MultiIndex>(MappedFile::of(MultiIndex::encode(std::move(lasting))));
  passing_ = std::make_unique<MultiIndex>(MappedFile::of(MultiIndex::encode(std::move(passing))));
}

void Catalogue::for_each_pack(const std::function<void(const Id&, const PackIndex&)>& visit) const {
  for (const auto& [name, index] : indexes_) visit(name, *index);
}

std::set<Id> broken_packs(const Catalogue& catalogue) {
  std::set<Id> out;
  for (const auto* packs : {&catalogue.lost(), &catalogue.cut()})
    for (const auto& pack : *packs)
      if (!catalogue.condemned().has(pack) || !catalogue.can_be_spared(pack)) out.insert(pack);
  return out;
}

void Catalogue::for_each_lost(const std::function<void(const Id&, const PackIndex&)>& visit) const {
  for (const auto& [name, index] : of_lost_) visit(name, *index);
}

bool Catalogue::can_be_spared(const Id& pack) const {
  const auto kept_elsewhere = [&](const Key& key) {
    const auto place = lasting_->position(key);
    return place && lasting_->packs()[lasting_->at(*place).pack] != pack;
  };
  for (const auto* list : {&indexes_, &of_lost_})
    for (const auto& [name, index] : *list) {
      if (name != pack) continue;
      for (std::size_t i = 0; i < index->count(); ++i)
        if (!kept_elsewhere(index->at(i).key)) return false;
      return true;
    }
  return false;
}

bool Catalogue::take_kept(const fs::path& folder, const Id& name) {
  const fs::path file = folder / (name.hex() + std::string(k_index));
  if (!fs::exists(file)) return false;
  try {
    indexes_.emplace_back(name, std::make_unique<PackIndex>(MappedFile(file), name));
    return true;
  } catch (const Error& error) {  // damaged here: it is fetched again
    if (error.kind() == ErrorKind::outside) throw;
    return false;
  }
}

std::unique_ptr<PackIndex> Catalogue::fetch(const Remote& remote, const fs::path& folder, const Remote::Item& item,
                                            const Id& name) {
  if (item.size > k_index_limit)
    throw state_error(item.name + " on " + printable(remote.url()) +
                      " is larger than an index may be: " + show_size(item.size));
  std::string bytes;
  try {
    bytes = remote.read(item.name, 0, item.size);
  } catch (const Gone&) {  // deleted since it was listed
    return nullptr;
  }
  try {
    auto index = std::make_unique<PackIndex>(MappedFile::of(bytes), name);
    replace_file(folder / (name.hex() + std::string(k_index)), bytes, 0600, false);
    return index;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    throw state_error(
        item.name + " on " + printable(remote.url()) + " is not what its name says: " + error.message(),
        "mlops push from a clone that has the data mends nothing that is there; remove that file on the remote first");
  }
}

std::optional<Id> Catalogue::plain_pack(const Id& file) const {
  const auto found = plain_.find(file);
  return found == plain_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Catalogue::Place> Catalogue::find(const Key& key) const {
  for (const auto* index : {lasting_.get(), passing_.get()})
    if (const auto position = index->position(key)) {
      const auto entry = index->at(*position);
      return Place{index->packs()[entry.pack], entry.entry.extent};
    }
  return std::nullopt;
}

}  // namespace mlops::store
