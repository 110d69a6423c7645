#include "store/gc.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/folder.h"
#include "store/condemned.h"
#include "store/format.h"
#include "store/lease.h"
#include "store/mark.h"
#include "store/object_reader.h"
#include "store/plain_pack.h"
#include "store/store_writer.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_small_pack = 8 << 20;
constexpr std::size_t k_many_small_packs = 16;
constexpr Micros k_day = Micros{24} * 3600 * 1'000'000;

// What happens to one pack.
struct PackFate {
  const Pack* pack = nullptr;
  std::uint64_t stays = 0, goes = 0;  // bytes as stored
  [[nodiscard]] bool mostly_dead() const { return goes > 0 && goes >= stays; }
};

class Collection {
 public:
  Collection(LocalStore& store, const std::vector<Reason>& reasons, const GcOptions& options)
      : store_(store),
        layout_(store.layout()),
        reasons_(reasons),
        options_(options),
        lock_(FileLock::try_lock(layout_.gc_lock())) {
    if (!lock_) throw state_error("another mlops gc is at work here");
  }

  GcReport run() {
    judge();
    if (options_.dry_run) return report_;
    condemned_now_.save(layout_);
    if (options_.grace == 0 && !condemned_now_.entries().empty()) {
      judge();  // who began since then has read the list, and puts again what is in it
      condemned_now_.save(layout_);
    }
    rewrite();
    sweep();
    store_.refresh();
    store_.write_multi_index();
    forget_gone_packs();
    report_.bytes_after = bytes_of_packs();
    return report_;
  }

 private:
  // Leases first, then packs, then roots: who ends between the first and the last has written down what it needs.
  void judge() {
    report_ = {};
    leases_ = live_leases(layout_);
    store_.refresh();
    set_ = store_.packs();
    seen_.clear();
    for (const auto& pack : set_->packs())
      if (const auto seen = Condemned::look(layout_, pack->name())) seen_[pack->name()] = *seen;
    changed_.clear();
    instead_.clear();
    read_.clear();
    const auto shared = VerifiedPacks::load(layout_);
    for (const auto& pack : set_->packs())
      if (shared.find(pack->name()) != nullptr && pack->index() != nullptr && !verified_now(layout_, *pack, shared))
        changed_.insert(pack.get());
    if (!set_->damaged_indexes().empty())
      throw state_error(
          "nothing is deleted: the index of pack " + set_->damaged_indexes().front()->name().brief() + " is damaged",
          "mlops fsck names everything that is affected");
    objects_ = std::make_unique<MultiIndex>(MappedFile::of(set_->encode_multi_index(changed_)));
    Marks marks(store_, *objects_);
    for (const auto& reason : reasons_) {
      marks.run(reason.roots, options_.stop);
      credit(reason.text, marks);
    }
    find_whole_files(marks);
    sentence(marks);
    report_.bytes_before = report_.bytes_after = bytes_of_packs();
  }

  // What is marked by now, and was by no reason before.
  void credit(const std::string& reason, const Marks& marks) {
    if (report_.kept_by.empty()) credited_.assign(objects_->count(), false);
    GcReport::Amount amount;
    for (std::size_t i = 0; i < objects_->count(); ++i)
      if (marks.has(i) && !credited_[i]) {
        credited_[i] = true;
        add(amount, objects_->at(i).entry);
      }
    report_.kept_by.emplace_back(reason, amount);
  }

  void sentence(const Marks& marks) {
    const Condemned before = Condemned::load(layout_);
    const bool list_is_known =
        std::all_of(leases_.begin(), leases_.end(), [&](const auto& lease) { return lease.list == before.id(); });
    const std::vector<bool> anew = put_after(before);
    const Micros now = now_micros();
    std::vector<Condemned::Entry> condemned;
    dead_.assign(objects_->count(), false);
    for (std::size_t i = 0; i < objects_->count(); ++i) {
      const auto entry = objects_->at(i).entry;
      if (marks.has(i)) {
        add(report_.live, entry);
        continue;
      }
      const Micros said = before.since(entry.key).value_or(now);
      const Micros since = anew[i] || is_impossible(said, now) ? now : said;
      dead_[i] = list_is_known && !anew[i] && before.has(entry.key) && is_over(since, options_.grace, now);
      add(dead_[i] ? report_.deleted : report_.condemned, entry);
      if (dead_[i]) continue;
      condemned.push_back({entry.key, since});
      const Micros expiry = end_of(since, options_.grace);
      if (report_.next_expiry == 0 || expiry < report_.next_expiry) report_.next_expiry = expiry;
    }
    // Until the deletion is done, the list must keep what is about to go: writers may not rely on it.
    if (!options_.dry_run) keep_dead_in(condemned, before);
    condemned_now_ = Condemned(std::move(condemned), seen());
  }

  std::vector<Condemned::Seen> seen() const {
    std::vector<Condemned::Seen> out;
    for (const auto& [pack, as] : seen_) out.push_back(as);
    return out;
  }

  // The objects of packs that came after the list: whoever put them may be about to write down what needs them.
  std::vector<bool> put_after(const Condemned& list) const {
    std::vector<bool> out(objects_->count(), false);
    if (list.entries().empty()) return out;  // then everything is condemned anew
    for (const auto& pack : set_->packs()) {
      const auto seen = seen_.find(pack->name());
      if (seen != seen_.end() && list.saw(seen->second)) continue;
      for (std::size_t i = 0; i < pack->index()->count(); ++i)
        if (const auto position = objects_->position(pack->index()->at(i).key)) out[*position] = true;
    }
    return out;
  }

  void keep_dead_in(std::vector<Condemned::Entry>& condemned, const Condemned& before) {
    for (std::size_t i = 0; i < dead_.size(); ++i)
      if (dead_[i]) {
        const Key key = objects_->at(i).entry.key;
        condemned.push_back({key, *before.since(key)});
      }
    std::sort(condemned.begin(), condemned.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  }

  static void add(GcReport::Amount& amount, const PackEntry& entry) {
    ++amount.objects;
    amount.bytes += entry.extent.stored;
  }

  // Plain packs whose file is needed stay as they are: work trees may link to them.
  void find_whole_files(const Marks& marks) {
    whole_files_.clear();
    for (const auto& pack : set_->packs()) {
      if (!pack->index()->plain()) continue;
      const auto position = objects_->position({Kind::file, pack->index()->checksum()});
      if (position && marks.has(*position)) whole_files_.insert(pack.get());
    }
  }

  // True where this pack's copy of an object is the one that stays.
  bool stays(const Pack& pack, const PackEntry& entry) const {
    if (whole_files_.contains(&pack) || changed_.contains(&pack)) return true;
    const auto position = objects_->position(entry.key);
    if (!position || dead_[*position]) return false;
    if (const auto other = instead_.find(*position); other != instead_.end()) return other->second == &pack;
    return objects_->packs()[objects_->at(*position).pack] == pack.name();
  }

  // Whether somebody found it whole, for now.
  static bool can_be_read(const Key& key, const Place& place) {
    try {
      (void)read_stored(key, place);
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
      return false;
    }
  }

  // Before a copy goes, the one that stays is read; where it is damaged, another that is whole stays in its place. True
  // where that changed what happens to a pack.
  bool keep_whole_copies(const std::vector<PackFate>& going) {
    bool other = false;
    for (const auto& fate : going)
      for (std::size_t i = 0; i < fate.pack->index()->count(); ++i) {
        const PackEntry entry = fate.pack->index()->at(i);
        const auto position = objects_->position(entry.key);
        if (position && !dead_[*position] && !stays(*fate.pack, entry) && read_.insert(*position).second)
          other = keep_whole_copy(entry.key, *position) || other;
      }
    return other;
  }

  bool keep_whole_copy(const Key& key, std::size_t position) {
    auto places = set_->find_all(key);
    const auto staying = [&](const Place& place) {
      return place.pack->name() == objects_->packs()[objects_->at(position).pack];
    };
    std::stable_partition(places.begin(), places.end(), staying);
    const auto whole =
        std::find_if(places.begin(), places.end(), [&](const Place& place) { return can_be_read(key, place); });
    if (whole == places.end() || staying(*whole)) return false;
    instead_[position] = whole->pack;
    return true;
  }

  std::vector<PackFate> fates() const {
    std::vector<PackFate> out;
    for (const auto& pack : set_->packs()) {
      PackFate fate{pack.get(), 0, 0};
      const PackIndex& index = *pack->index();
      for (std::size_t i = 0; i < index.count(); ++i)
        (stays(*pack, index.at(i)) ? fate.stays : fate.goes) += index.at(i).extent.stored + 1;
      out.push_back(fate);
    }
    return out;
  }

  // Packs under half live, and small ones where there are many.
  std::vector<PackFate> packs_to_rewrite() const {
    std::vector<PackFate> out, small;
    for (const auto& fate : fates()) {
      if (whole_files_.contains(fate.pack) || changed_.contains(fate.pack)) continue;
      if (fate.mostly_dead())
        out.push_back(fate);
      else if (fate.stays < k_small_pack)
        small.push_back(fate);
    }
    if (small.size() > k_many_small_packs) out.insert(out.end(), small.begin(), small.end());
    return out;
  }

  // First goes what needs no new pack: the disk may be full.
  void rewrite() {
    std::vector<const Pack*> packs, dead;
    auto going = packs_to_rewrite();
    while (keep_whole_copies(going)) going = packs_to_rewrite();
    for (const auto& fate : going) (fate.stays > 0 ? packs : dead).push_back(fate.pack);
    if (!dead.empty()) remove(dead, {});
    if (packs.empty()) return;
    StoreWriter writer(store_, true);
    if (options_.progress != nullptr) options_.progress->start("rewriting packs", packs.size());
    for (const Pack* pack : packs) {
      for (const auto& entry : pack->index()->by_offset())
        if (stays(*pack, entry)) {
          const auto object = read_stored_somewhere(*set_, entry.key, {pack, entry.extent});
          writer.put_stored(entry.key, object.bytes, object.plain);
        }
      if (options_.progress != nullptr) options_.progress->advance(1);
      if (options_.stop.stop_requested())
        throw state_error(dead.empty() ? "interrupted; nothing was deleted"
                                       : "interrupted; only packs that nothing needs were deleted");
    }
    writer.commit();
    report_.packs_written = writer.written().size();
    remove(packs, {writer.written().begin(), writer.written().end()});
  }

  // Only what was judged: a pack of the same name that came since holds what a writer put anew.
  void remove(const std::vector<const Pack*>& packs, const std::set<Id>& written) {
    {
      const FileLock nobody_publishes(layout_.publish_lock());
      for (const Pack* pack : packs) {
        if (written.contains(pack->name())) continue;  // it came out the same
        const auto seen = seen_.find(pack->name());
        if (seen == seen_.end() || Condemned::look(layout_, pack->name()) != seen->second) continue;
        ::unlink(layout_.index(pack->name()).c_str());
        ::unlink(layout_.pack(pack->name()).c_str());
        seen_.erase(seen);
        ++report_.packs_removed;
      }
    }
    sync_directory(layout_.packs());
    forget_deleted();
  }

  // What is deleted leaves the list, so that it can be condemned anew should it come back.
  void forget_deleted() {
    store_.refresh();
    std::vector<Condemned::Entry> left;
    for (const auto& entry : condemned_now_.entries())
      if (store_.has(entry.key.kind, entry.key.id)) left.push_back(entry);
    condemned_now_.with(std::move(left), seen()).save(layout_);
  }

  // Whoever publishes has noted its packs before they are there.
  void forget_gone_packs() const {
    const FileLock nobody_publishes(layout_.publish_lock());
    VerifiedPacks::sweep(layout_);
  }

  // Files that killed processes left: packs without an index, which nobody is about to rename in while nobody
  // publishes, and what stands in tmp, older than anybody who is at work.
  void sweep() {
    {
      const FileLock nobody_publishes(layout_.publish_lock());
      for (const auto& file : entries_of(layout_.packs())) {
        const auto name = Id::from_hex(file.stem().string());
        if (name && file.extension() == ".pack" && !is_there(layout_.index(*name))) sweep_file(file, 0);
      }
    }
    std::error_code ignored;
    for (const auto& file : entries_of(layout_.tmp())) {
      const bool ours = file.filename().string().starts_with("new-");
      // While anybody is at work the clock may have been set since they began: then only what is old by any clock.
      if (fs::is_regular_file(file, ignored)) sweep_file(file, ours && leases_.empty() ? 0 : k_day);
    }
  }

  void sweep_file(const fs::path& file, Micros age) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) return;
    Micros before = started_;
    for (const auto& lease : leases_) before = std::min(before, lease.began);
    const Micros changed = Micros{info.st_ctim.tv_sec} * 1'000'000;
    if (changed + 1'000'000 + age >= before) return;
    if (::unlink(file.c_str()) == 0) ++report_.files_swept;
  }

  std::uint64_t bytes_of_packs() const {
    std::uint64_t total = 0;
    std::error_code gone;
    for (const auto& file : entries_of(layout_.packs())) {
      const auto size = fs::file_size(file, gone);
      if (!gone) total += size;
    }
    return total;
  }

  LocalStore& store_;
  const Layout& layout_;
  const std::vector<Reason>& reasons_;
  const GcOptions& options_;
  FileLock lock_;
  Micros started_ = now_micros();
  std::vector<LiveLease> leases_;
  std::shared_ptr<const PackSet> set_;
  std::map<Id, Condemned::Seen> seen_;  // the packs of set_
  std::unique_ptr<MultiIndex> objects_;
  std::set<const Pack*> whole_files_;
  std::set<const Pack*>
      changed_;  // through a link: nothing relies on them, and they stay, since parts of them may be whole
  std::map<std::size_t, const Pack*> instead_;  // by position in objects_: whose copy stays in place of the damaged one
  std::set<std::size_t> read_;                  // of which copies that stay it is known
  std::vector<bool> dead_, credited_;           // by position in objects_
  Condemned condemned_now_;
  GcReport report_;
};

}  // namespace

GcReport collect_garbage(Store& store, const std::vector<Reason>& reasons, const GcOptions& options) {
  return Collection(dynamic_cast<LocalStore&>(store), reasons, options).run();
}

GcReport collect_garbage(Store& store, const Roots& roots, const GcOptions& options) {
  return collect_garbage(store, std::vector<Reason>{{"roots", roots}}, options);
}

}  // namespace mlops::store
