#include "store/pack_set.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file_at.h"
#include "base/folder.h"
#include "base/text.h"
#include "base/time.h"
#include "store/known_damage.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

// More than this many indexes, one after the other, make look-ups slow.
constexpr std::size_t k_loose = 16;

// Names with both a pack and an index: an object is there once its index is. A store without the folder is damaged, not
// empty.
std::vector<Id> list_packs(const Layout& layout) {
  std::map<Id, int> halves;
  if (!is_there(layout.packs()))
    throw state_error("\"" + printable(layout.packs().string()) + "\" is gone, and the store's packs with it");
  for (const auto& file : entries_of(layout.packs())) {
    const auto name = Id::from_hex(file.stem().string());
    const auto extension = file.extension();
    if (name && extension == ".pack") halves[*name] |= 1;
    if (name && extension == ".index") halves[*name] |= 2;
  }
  std::vector<Id> names;
  for (const auto& [name, half] : halves)
    if (half == 3) names.push_back(name);
  return names;
}

std::int64_t change_time(const Layout& layout) {
  struct stat info {};
  if (::stat(layout.packs().c_str(), &info) != 0) return 0;
  return file_stat(info).mtime;
}

// Clocks of file systems tick as rarely as every 10 ms (or 2 s): a time this close may stand for a later change too.
bool settled(std::int64_t time) { return now_micros() * 1000 - time > 2'500'000'000; }
constexpr auto k_look_again = std::chrono::milliseconds(20);

}  // namespace

Pack::Pack(const Layout& layout, const Id& name)
    : name_(name), file_(layout.pack(name)), index_file_(layout.index(name)) {}

const PackIndex* Pack::index() const {
  std::call_once(index_once_, [this] {
    try {
      index_ = std::make_unique<PackIndex>(MappedFile(index_file_), name_);
    } catch (const Error& error) {  // passed over here; fsck says so aloud
      if (error.kind() == ErrorKind::outside) throw;
      problem_ = error.message();
    }
  });
  return index_.get();
}

std::shared_ptr<const Fd> Pack::descriptor() const {
  const std::lock_guard lock(mutex_);
  if (!fd_) fd_ = std::make_shared<const Fd>(open_file(file_, O_RDONLY));
  return fd_;
}

void Pack::close() const {
  const std::lock_guard lock(mutex_);
  fd_.reset();
}

void Pack::read(const Extent& extent, char* to) const {
  if (read_at(descriptor()->get(), std::as_writable_bytes(std::span(to, extent.stored)), extent.offset, file_) !=
      extent.stored)
    throw state_error("pack " + name_.brief() + " is too short");
}

std::string Pack::read(const Extent& extent) const {
  std::string out(extent.stored, '\0');
  read(extent, out.data());
  return out;
}

std::shared_ptr<const PackSet> PackSet::load(const Layout& layout, const PackSet* before) {
  auto set = std::make_shared<PackSet>();
  std::map<Id, std::shared_ptr<const Pack>> known;
  if (before != nullptr)
    for (const auto& pack : before->packs_) known[pack->name()] = pack;
  set->changed_ = change_time(layout);
  set->again_ = settled(set->changed_) ? std::chrono::steady_clock::time_point::max()
                                       : std::chrono::steady_clock::now() + k_look_again;
  for (const auto& name : list_packs(layout)) {
    const auto found = known.find(name);
    set->packs_.push_back(found != known.end() ? found->second : std::make_shared<const Pack>(layout, name));
  }
  if (set->packs_.size() > 1 && is_there(layout.multi_index())) try {
      set->take_multi_index(MappedFile(layout.multi_index()));
    } catch (const Error& error) {  // only a cache
      set->multi_damaged_ = error.kind() != ErrorKind::outside;
    }
  for (const auto& [pack, keys] : known_damage(layout))
    for (const auto& key : keys) set->damaged_[key].insert(pack);
  if (!set->multi_)
    for (const auto& pack : set->packs_) set->loose_.push_back(pack.get());
  if (set->loose_.size() > 4 * k_loose) set->take_multi_index(MappedFile::of(set->encode_multi_index()));
  return set;
}

bool PackSet::outdated(const Layout& layout) const {
  return changed_ != change_time(layout) || std::chrono::steady_clock::now() >= again_;
}

void PackSet::take_multi_index(MappedFile file) {
  auto multi = std::make_unique<MultiIndex>(std::move(file));
  std::vector<const Pack*> covered, loose;
  auto next = multi->packs().begin();
  for (const auto& pack : packs_) {
    if (next != multi->packs().end() && *next == pack->name()) {
      covered.push_back(pack.get());
      ++next;
    } else {
      loose.push_back(pack.get());
    }
  }
  if (next != multi->packs().end()) return;  // it names a pack that is gone
  multi_ = std::move(multi);
  covered_ = std::move(covered);
  loose_ = std::move(loose);
}

std::optional<Place> PackSet::find(const Key& key) const {
  const auto place = find_first(key);
  if (!place || damaged_.empty()) return place;
  const auto damaged = damaged_.find(key);
  if (damaged == damaged_.end()) return place;
  for (const auto& one : find_all(key))
    if (!damaged->second.contains(one.pack->name())) return one;
  return std::nullopt;
}

std::optional<Place> PackSet::find_first(const Key& key) const {
  if (multi_)
    if (const auto i = multi_->position(key)) {
      const auto entry = multi_->at(*i);
      return Place{covered_.at(entry.pack), entry.entry.extent};
    }
  for (const Pack* pack : loose_)
    if (const auto* index = pack->index())
      if (const auto extent = index->find(key)) return Place{pack, *extent};
  return std::nullopt;
}

std::vector<Place> PackSet::find_all(const Key& key) const {
  std::vector<Place> places;
  for (const auto& pack : packs_)
    if (const auto* index = pack->index())
      if (const auto extent = index->find(key)) places.push_back({pack.get(), *extent});
  return places;
}

void PackSet::scan(const Key& from, const std::function<bool(const Key&)>& visit) const {
  if (multi_)
    for (auto i = multi_->first_not_less_than(from); i < multi_->count() && visit(multi_->at(i).entry.key);) ++i;
  for (const Pack* pack : loose_)
    if (const auto* index = pack->index())
      for (auto i = index->first_not_less_than(from); i < index->count() && visit(index->at(i).key);) ++i;
}

bool PackSet::multi_index_worth_writing() const {
  return loose_.size() > std::clamp(covered_.size() / 16, k_loose, 4 * k_loose);
}

std::string PackSet::encode_multi_index(const std::set<const Pack*>& without) const {
  std::vector<MultiIndex::Source> sources;
  for (const auto& pack : packs_)
    if (const auto* index = pack->index(); index != nullptr && !without.contains(pack.get()))
      sources.push_back({pack->name(), index});
  return MultiIndex::encode(std::move(sources));
}

std::vector<const Pack*> PackSet::damaged_indexes() const {
  std::vector<const Pack*> damaged;
  for (const auto& pack : packs_)
    if (pack->index() == nullptr) damaged.push_back(pack.get());
  return damaged;
}

}  // namespace mlops::store
