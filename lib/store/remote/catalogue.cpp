#include "store/remote/catalogue.h"

#include <mutex>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_index_limit = std::uint64_t{1} << 30;
constexpr std::string_view k_folder = "packs/", k_index = ".index";

std::optional<Id> index_name(const std::string& name) {
  if (!name.starts_with(k_folder) || !name.ends_with(k_index)) return std::nullopt;
  return Id::from_hex(std::string_view(name).substr(k_folder.size(), name.size() - k_folder.size() - k_index.size()));
}

std::set<Id> kept_in(const fs::path& folder) {
  std::set<Id> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (const auto name = Id::from_hex(entry.path().stem().string()); name && entry.path().extension() == k_index) out.insert(*name);
  return out;
}

}  // namespace

Catalogue::Catalogue(const Remote& remote, const fs::path& folder) {
  fs::create_directories(folder);
  std::set<Id> before = kept_in(folder);
  std::vector<Remote::Item> away;
  for (auto& item : remote.list(std::string(k_folder)))
    if (const auto name = index_name(item.name)) {
      before.erase(*name);
      if (!take_kept(folder, *name)) away.push_back(std::move(item));
    }
  std::mutex mutex;
  transfer_each(remote, away, [&](std::size_t i) {
    const Id name = *index_name(away[i].name);
    auto index = fetch(remote, folder, away[i], name);
    const std::lock_guard lock(mutex);
    indexes_.emplace_back(name, std::move(index));
  });
  vanished_ = before.size();
  std::error_code ignored;
  for (const auto& name : before) fs::remove(folder / (name.hex() + std::string(k_index)), ignored);
  build();
}

Catalogue::Catalogue(const fs::path& folder) {
  for (const auto& name : kept_in(folder)) try {
      indexes_.emplace_back(name, std::make_unique<PackIndex>(MappedFile(folder / (name.hex() + std::string(k_index))), name));
    } catch (const Error&) {  // damaged here: the next transfer fetches it again
    }
  build();
}

void Catalogue::build() {
  std::vector<MultiIndex::Source> sources;
  for (const auto& [name, index] : indexes_) {
    sources.push_back({name, index.get()});
    if (index->plain()) plain_[index->checksum()] = name;
  }
  all_ = std::make_unique<MultiIndex>(MappedFile::of(MultiIndex::encode(std::move(sources))));
}

bool Catalogue::take_kept(const fs::path& folder, const Id& name) {
  const fs::path file = folder / (name.hex() + std::string(k_index));
  if (!fs::exists(file)) return false;
  try {
    indexes_.emplace_back(name, std::make_unique<PackIndex>(MappedFile(file), name));
    return true;
  } catch (const Error&) {  // damaged here: it is fetched again
    return false;
  }
}

std::unique_ptr<PackIndex> Catalogue::fetch(const Remote& remote, const fs::path& folder, const Remote::Item& item, const Id& name) {
  if (item.size > k_index_limit) throw state_error(item.name + " on " + printable(remote.url()) + " is larger than an index may be: " + show_size(item.size));
  std::string bytes = remote.read(item.name, 0, item.size);
  try {
    auto index = std::make_unique<PackIndex>(MappedFile::of(bytes), name);
    replace_file(folder / (name.hex() + std::string(k_index)), bytes, 0600, false);
    return index;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    throw state_error(item.name + " on " + printable(remote.url()) + " is not what its name says: " + error.message(), "mlops push from a clone that has the data mends nothing that is there; remove that file on the remote first");
  }
}

std::optional<Id> Catalogue::plain_pack(const Id& file) const {
  const auto found = plain_.find(file);
  return found == plain_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Catalogue::Place> Catalogue::find(const Key& key) const {
  const auto position = all_->position(key);
  if (!position) return std::nullopt;
  const auto entry = all_->at(*position);
  return Place{all_->packs()[entry.pack], entry.entry.extent};
}

}  // namespace mlops::store
