#include "store/remote/mend.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "store/local_store.h"
#include "store/object_reader.h"
#include "store/recipe.h"
#include "store/remote/ranges.h"
#include "store/remote/shipment.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"

namespace mlops::store {
namespace {

class Mending {
 public:
  Mending(LocalStore& store, ListingRemote& remote, const Catalogue& catalogue, const std::set<Id>& damaged,
          const TransferOptions& options)
      : store_(store),
        remote_(remote),
        catalogue_(catalogue),
        damaged_(damaged),
        options_(options),
        lease_(store.hold()),
        shipment_(
            store.layout(), remote,
            [&](const Id& pack) { return damaged.contains(pack) || catalogue.condemned().has(pack); }, options) {
    store.refresh();
  }

  Mended run() {
    find_wanted();
    if (options_.progress != nullptr) options_.progress->start("mending " + remote_.url(), 0);
    take_from_here();
    take_from_there();
    out_.packs_written = shipment_.send().size();
    condemn_them();
    remote_.publish();
    return std::move(out_);
  }

 private:
  // What only damaged and condemned packs hold, and where each of these that is there has it.
  void find_wanted() {
    std::vector<MultiIndex::Source> sound;
    catalogue_.for_each_pack([&](const Id& name, const PackIndex& index) {
      if (!is_broken(name)) sound.push_back({name, &index});
    });
    const MultiIndex kept(MappedFile::of(MultiIndex::encode(std::move(sound))));
    const auto want = [&](const Id& name, const PackIndex& index) {
      if (!damaged_.contains(name)) return;
      for (std::size_t i = 0; i < index.count(); ++i)
        if (const auto key = index.at(i).key; !kept.position(key)) wanted_[key], holders_[key].push_back(name);
    };
    catalogue_.for_each_pack(want);
    catalogue_.for_each_lost(want);
    catalogue_.for_each_pack([&](const Id& name, const PackIndex& index) {
      if (!is_broken(name)) return;
      for (std::size_t i = 0; i < index.count(); ++i)
        if (const auto found = wanted_.find(index.at(i).key); found != wanted_.end())
          found->second.push_back({name, index.at(i).extent});
    });
  }

  [[nodiscard]] bool is_broken(const Id& pack) const {
    return damaged_.contains(pack) || catalogue_.condemned().has(pack) || catalogue_.cut().contains(pack);
  }

  void take_from_here() {
    std::erase_if(wanted_, [&](const auto& one) {
      if (options_.stop.stop_requested()) throw interrupted();
      const auto place = store_.packs()->find(one.first);
      return place && try_to([&] { send(one.first, read_stored(one.first, *place), place->extent.plain); });
    });
  }

  // Many at a time from where it is looked for first, then one by one from wherever else it stands.
  void take_from_there() {
    std::vector<PlacedKey> first;
    for (const auto& [key, places] : wanted_)
      if (!places.empty()) first.push_back({key, places.front(), 0});
    const auto ranges = ranges_of(std::move(first));
    transfer_all(ranges.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop,
                 [&](std::size_t i) { take_range(ranges[i]); });
    for (const auto& [key, places] : wanted_) {
      if (options_.stop.stop_requested()) throw interrupted();
      const auto holds = [&, &key = key](const Catalogue::Place& place) {
        const PackRange alone{place.pack, place.extent.offset, place.extent.stored, {{key, place, 0}}};
        take_range(alone);
        return taken_.contains(key);
      };
      if (!taken_.contains(key) && !std::any_of(places.begin(), places.end(), holds)) lose(key);
    }
  }

  void take_range(const PackRange& range) {
    std::optional<RangeBytes> bytes;
    if (!try_to([&] { bytes.emplace(remote_, range); })) return;
    std::string buffer;
    for (const auto& [key, place, before] : range.items)
      (void)try_to([&, &key = key, &place = place] {
        const auto plain = bytes->plain(key, place.extent, buffer);
        if (key.kind == Kind::file) require_known(decode_recipe(plain, key.id));
        const std::lock_guard lock(mutex_);
        if (taken_.insert(key).second) send(key, bytes->stored(place.extent), place.extent.plain);
      });
  }

  // Nothing in a recipe tells whether a bit of it fell over; but then it names a chunk that nobody knows.
  void require_known(const Recipe& recipe) const {
    for (const auto& chunk : recipe.chunks) {
      const Key key{Kind::chunk, chunk.id};
      const auto place = catalogue_.find(key);
      if (place ? place->extent.plain != chunk.length : !holders_.contains(key))
        throw state_error("file " + recipe.file.brief() + " has a chunk that is nowhere");
    }
  }

  // False where it is damaged, or not there.
  [[nodiscard]] bool try_to(const std::function<void()>& work) const {
    try {
      work();
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.stop.stop_requested()) throw;
      return false;
    }
  }

  void send(const Key& key, std::string_view stored, std::uint32_t plain) {
    shipment_.add(key, stored, plain);
    ++out_.objects;
    out_.bytes += stored.size();
  }

  void lose(const Key& key) {
    for (const auto& pack : holders_.at(key)) out_.lost[pack].emplace_back(key.kind, key.id);
  }

  void condemn_them() {
    std::vector<Id> fresh;
    std::copy_if(damaged_.begin(), damaged_.end(), std::back_inserter(fresh),
                 [&](const Id& pack) { return !catalogue_.condemned().has(pack); });
    out_.packs = fresh.size();
    if (!fresh.empty()) condemn(remote_, std::move(fresh));
  }

  LocalStore& store_;
  ListingRemote& remote_;
  const Catalogue& catalogue_;
  const std::set<Id>& damaged_;
  const TransferOptions& options_;
  std::shared_ptr<void> lease_;
  Shipment shipment_;
  std::map<Key, std::vector<Catalogue::Place>> wanted_;
  std::map<Key, std::vector<Id>> holders_;  // damaged packs
  std::mutex mutex_;
  std::set<Key> taken_;  // from there
  Mended out_;
};

}  // namespace

Mended mend(Store& store, ListingRemote& remote, const Catalogue& catalogue, const std::set<Id>& damaged,
            const TransferOptions& options) {
  return Mending(dynamic_cast<LocalStore&>(store), remote, catalogue, damaged, options).run();
}

}  // namespace mlops::store
