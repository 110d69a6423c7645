#include "store/remote/gc_remote.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "store/condemned.h"
#include "store/remote/remote_marks.h"
#include "store/remote/shipment.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_not_worth_it =
    4096;  // unneeded bytes for which a pack that holds needed ones is not written anew
constexpr const char* k_mend =
    "mlops fsck --repair --remote NAME   mends what is damaged there, from a clone that has it";
constexpr Micros k_sweep_age = Micros{24} * 3600 * 1'000'000;  // longer than anybody writes at one file

struct Files {
  std::optional<std::uint64_t> pack, index;  // sizes
};

// One pack with an index.
struct Fate {
  Id name;
  const PackIndex* index = nullptr;
  enum { lasting, condemned_now, condemned, expired } what = lasting;
  std::uint64_t stays = 0, goes = 0;  // bytes as stored
};

class RemoteCollection {
 public:
  RemoteCollection(LocalStore& store, ListingRemote& remote, const Catalogue& catalogue,
                   const std::vector<Reason>& reasons, const RemoteGcOptions& options)
      : store_(store),
        remote_(remote),
        catalogue_(catalogue),
        reasons_(reasons),
        options_(options),
        before_(catalogue.condemned()),
        lease_(store.hold()) {
    store.refresh();
  }

  RemoteGcReport run() {
    look();
    mark();
    refuse_others();
    judge();
    count();
    if (!options_.dry_run) act();
    return report_;
  }

 private:
  void look() {
    std::vector<MultiIndex::Source> all;
    catalogue_.for_each_pack([&](const Id& name, const PackIndex& index) {
      all.push_back({name, &index});
      fates_.push_back({name, &index, state_of(name), 0, 0});
    });
    catalogue_.for_each_lost([&](const Id& name, const PackIndex& index) { all.push_back({name, &index}); });
    objects_ = std::make_unique<MultiIndex>(MappedFile::of(MultiIndex::encode(std::move(all))));
    for (const auto& item : remote_.list("packs/")) {
      const fs::path file(item.name);
      const auto name = Id::from_hex(file.stem().string());
      if (!name) continue;
      if (file.extension() == ".pack") files_[*name].pack = item.size;
      if (file.extension() == ".index") files_[*name].index = item.size;
      report_.bytes_before += item.size;
    }
    report_.packs = fates_.size();
    report_.bytes_after = report_.bytes_before;
  }

  [[nodiscard]] bool is_over(const Id& pack) const { return store::is_over(before_.since(pack), options_.grace, now_); }

  [[nodiscard]] decltype(Fate::what) state_of(const Id& pack) const {
    if (!before_.has(pack)) return Fate::lasting;
    return is_over(pack) ? Fate::expired : Fate::condemned;
  }

  void mark() {
    if (progress() != nullptr) progress()->start("what " + remote_.url() + " is needed for", reasons_.size());
    marks_ = std::make_unique<RemoteMarks>(store_, remote_, catalogue_, *objects_, options_.transfer);
    std::vector<bool> credited(objects_->count(), false);
    for (const auto& reason : reasons_) {
      mark_for(reason);
      GcReport::Amount amount;
      for (std::size_t i = 0; i < objects_->count(); ++i)
        if (marks_->has(i) && !credited[i]) {
          credited[i] = true;
          if (catalogue_.has(objects_->at(i).entry.key)) add(amount, objects_->at(i).entry);  // not lost with its pack
        }
      report_.kept_by.emplace_back(reason.text, amount);
      if (progress() != nullptr) progress()->advance(1);
    }
  }

  // An address mistyped, or copied from another project: better none than theirs.
  void refuse_others() const {
    const auto needs = [](const auto& kept) { return kept.second.objects > 0; };
    if (options_.own == 0 || fates_.empty() ||
        std::any_of(report_.kept_by.begin(), report_.kept_by.begin() + static_cast<std::ptrdiff_t>(options_.own),
                    needs))
      return;
    throw state_error(
        "nothing that is needed here is on " + printable(remote_.url()) + ", so it seems to be another project's",
        "mlops remote list shows the addresses; what nobody needs as a whole can be removed as a whole");
  }

  void mark_for(const Reason& reason) {
    try {
      marks_->run(reason.roots);
    } catch (const Gone&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.transfer.stop.stop_requested()) throw;
      throw state_error("nothing is deleted: " + error.message(), k_mend);
    }
  }

  static void add(GcReport::Amount& amount, const PackEntry& entry) {
    ++amount.objects;
    amount.bytes += entry.extent.stored;
  }

  [[nodiscard]] bool needed(const Key& key) const { return marks_->has(*objects_->position(key)); }

  // The copy of a needed object that stays: the one that readers find too.
  [[nodiscard]] bool is_home(const Fate& fate, const Key& key) const { return catalogue_.find(key)->pack == fate.name; }

  // A plain pack whose file is needed stays whole: it comes with one request for many chunks.
  [[nodiscard]] bool is_whole_file(const Fate& fate) const {
    if (!fate.index->plain()) return false;
    const auto recipe = objects_->position({Kind::file, fate.index->checksum()});
    return recipe && marks_->has(*recipe);
  }

  void judge() {
    for (auto& fate : fates_) {
      const bool whole = fate.what == Fate::lasting && is_whole_file(fate);
      for (std::size_t i = 0; i < fate.index->count(); ++i) {
        const auto entry = fate.index->at(i);
        const bool stays = whole || (needed(entry.key) && is_home(fate, entry.key));
        (stays ? fate.stays : fate.goes) += entry.extent.stored + 1;
      }
      if (fate.what != Fate::lasting) continue;
      const bool mostly_unneeded = fate.goes >= fate.stays && (fate.stays == 0 || fate.goes >= k_not_worth_it);
      if (mostly_unneeded || catalogue_.cut().contains(fate.name)) fate.what = Fate::condemned_now;
    }
    for (const auto& [name, files] : files_)
      if (catalogue_.lost().contains(name) || (!files.index && files.pack)) judge_half(name);
  }

  // By a list whose clock was wrong: the earliest time counts, so that of the next list will.
  [[nodiscard]] bool is_impossible(const Id& pack) const { return store::is_impossible(before_.since(pack), now_); }

  // Of a pack only one half is there.
  void judge_half(const Id& name) {
    if (!before_.has(name) || (is_impossible(name) && !is_over(name)))
      unfinished_now_.push_back(name);
    else if (is_over(name))
      unfinished_over_.push_back(name);
  }

  void count() {
    std::map<Id, const Fate*> fate_of;
    for (const auto& fate : fates_) {
      fate_of[fate.name] = &fate;
      if (fate.what == Fate::condemned_now) ++report_.packs_condemned;
      if (fate.what == Fate::expired) ++report_.packs_deleted, report_.bytes_after -= bytes_of(fate.name);
      if (fate.what == Fate::condemned || fate.what == Fate::condemned_now) expires(fate);
    }
    for (std::size_t i = 0; i < objects_->count(); ++i) {
      const auto entry = objects_->at(i).entry;
      const auto place = catalogue_.find(entry.key);
      if (!place) continue;  // lost with its pack
      if (marks_->has(i)) {
        add(report_.live, entry);
        continue;
      }
      const auto what = fate_of.at(place->pack)->what;
      add(what == Fate::lasting ? report_.spread : what == Fate::expired ? report_.deleted : report_.condemned, entry);
    }
    report_.unfinished = unfinished_now_.size() + unfinished_over_.size();
    for (const auto& name : unfinished_over_) report_.bytes_after -= bytes_of(name);
  }

  void expires(const Fate& fate) {
    const bool from_now = fate.what == Fate::condemned_now || is_impossible(fate.name);
    const Micros at = end_of(from_now ? now_ : before_.since(fate.name), options_.grace);
    if (report_.next_expiry == 0 || at < report_.next_expiry) report_.next_expiry = at;
  }

  [[nodiscard]] std::uint64_t bytes_of(const Id& pack) const {
    const auto files = files_.find(pack);
    return files == files_.end() ? 0 : files->second.pack.value_or(0) + files->second.index.value_or(0);
  }

  void act() {
    copy_out();
    condemn();
    remote_.publish();  // readers that can't list know what comes before what they know goes
    remove();
    report_.unfinished += remote_.sweep(std::max(options_.grace, k_sweep_age));
  }

  // What is needed and stands only in packs that are condemned.
  void copy_out() {
    std::vector<PlacedKey> wanted;
    for (const auto& fate : fates_) {
      if (fate.what == Fate::lasting) continue;
      for (const auto& entry : fate.index->by_offset())
        if (needed(entry.key) && is_home(fate, entry.key)) wanted.push_back({entry.key, {fate.name, entry.extent}, 0});
    }
    if (wanted.empty()) return;
    refuse_giants(wanted, remote_);
    Shipment shipment(
        store_.layout(), remote_, [&](const Id& pack) { return condemns(pack); }, options_.transfer);
    try {
      fetch(shipment, std::move(wanted));
    } catch (const Gone&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.transfer.stop.stop_requested()) throw;
      throw state_error("nothing is deleted: " + error.message(), k_mend);
    }
    for (const auto size : shipment.send()) {
      ++report_.packs_written;
      report_.bytes_after += size;
    }
  }

  void fetch(Shipment& shipment, std::vector<PlacedKey> away) {
    const auto ranges = ranges_of(std::move(away));
    if (progress() != nullptr) progress()->start("packs of " + remote_.url() + " are written anew", 0);
    std::mutex mutex;
    transfer_all(ranges.size(), std::min(options_.transfer.jobs, remote_.most_jobs()), options_.transfer.stop,
                 [&](std::size_t i) {
                   read_range(remote_, ranges[i],
                              [&](const Key& key, const Extent& extent, std::string_view stored, std::string_view) {
                                const std::lock_guard lock(mutex);
                                shipment.add(key, stored, extent.plain);
                              });
                 });
  }

  [[nodiscard]] bool condemns(const Id& pack) const {
    if (before_.has(pack) || catalogue_.lost().contains(pack)) return true;
    return std::any_of(fates_.begin(), fates_.end(),
                       [&](const Fate& fate) { return fate.name == pack && fate.what == Fate::condemned_now; });
  }

  void condemn() {
    CondemnedList list{now_micros(), unfinished_now_, {}};
    for (const auto& fate : fates_) {
      if (fate.what == Fate::condemned_now || (fate.what == Fate::condemned && is_impossible(fate.name)))
        list.condemned.push_back(fate.name);
      if (fate.what == Fate::expired && !before_.deleted(fate.name)) list.deleted.push_back(fate.name);
    }
    for (const auto& name : unfinished_over_)
      if (catalogue_.lost().contains(name) && !before_.deleted(name)) list.deleted.push_back(name);
    if (list.condemned.empty() && list.deleted.empty()) return;
    std::sort(list.condemned.begin(), list.condemned.end());
    std::sort(list.deleted.begin(), list.deleted.end());
    const std::string text = encode_condemned_list(list);
    remote_.write_once(condemned_list_name(text), std::string_view(text));
  }

  // Only what lists condemned that were there before anything else was looked at. An index first: without it a pack
  // counts for nothing.
  void remove() {
    std::vector<Id> gone = unfinished_over_;
    for (const auto& fate : fates_)
      if (fate.what == Fate::expired) gone.push_back(fate.name);
    if (progress() != nullptr && !gone.empty()) progress()->start("deleting packs of " + remote_.url(), gone.size());
    transfer_all(gone.size(), std::min(options_.transfer.jobs, remote_.most_jobs()), options_.transfer.stop,
                 [&](std::size_t i) {
                   remote_.remove(index_name(gone[i]));
                   remote_.remove(pack_name(gone[i]));
                   if (progress() != nullptr) progress()->advance(1);
                 });
  }

  [[nodiscard]] Progress* progress() const { return options_.transfer.progress; }

  LocalStore& store_;
  ListingRemote& remote_;
  const Catalogue& catalogue_;
  const std::vector<Reason>& reasons_;
  const RemoteGcOptions& options_;
  const CondemnedPacks& before_;
  std::shared_ptr<void> lease_;
  const Micros now_ = now_micros();
  std::unique_ptr<MultiIndex> objects_;
  std::unique_ptr<RemoteMarks> marks_;
  std::vector<Fate> fates_;
  std::map<Id, Files> files_;
  std::vector<Id> unfinished_now_, unfinished_over_;  // packs without an index: to be condemned, and to be deleted
  RemoteGcReport report_;
};

}  // namespace

RemoteGcReport collect_remote(Store& store, ListingRemote& remote, const Catalogue& catalogue,
                              const std::vector<Reason>& reasons, const RemoteGcOptions& options) {
  return RemoteCollection(dynamic_cast<LocalStore&>(store), remote, catalogue, reasons, options).run();
}

}  // namespace mlops::store
