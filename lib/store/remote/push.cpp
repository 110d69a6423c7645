#include "store/remote/push.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/mark.h"
#include "store/object_reader.h"
#include "store/remote/shipment.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_small_pack = 8 << 20;  // packs below are put together rather than sent one by one

struct Need {
  const Pack* pack = nullptr;
  std::vector<PackEntry> entries;  // of it, missing there
  std::uint64_t bytes = 0;
};

FileStat state_of(const Pack& pack) {
  struct stat info {};
  if (::lstat(pack.file().c_str(), &info) != 0)
    throw system_error("cannot look at \"" + printable(pack.file().string()) + "\"", errno);
  return file_stat(info);
}

class Push {
 public:
  Push(LocalStore& store, Remote& remote, const Catalogue& catalogue, const TransferOptions& options)
      : store_(store),
        remote_(remote),
        catalogue_(catalogue),
        options_(options),
        lease_(store.hold()),
        set_(packs_of(store)) {}

  Pushed run(const Roots& roots) {
    for (auto& need : needs(roots)) {
      pushed_.objects += need.entries.size();
      pushed_.bytes += need.bytes;
      const std::uint64_t size = need.pack->index()->pack_size();
      const bool whole =
          size >= k_small_pack && need.bytes >= size / 4 * 3 && !catalogue_.condemned().has(need.pack->name());
      (whole ? whole_ : parts_).push_back(std::move(need));
    }
    if (options_.progress != nullptr && pushed_.bytes > 0)
      options_.progress->start("push to " + remote_.url(), pushed_.bytes);
    send_whole();
    send_parts();
    return pushed_;
  }

 private:
  static std::shared_ptr<const PackSet> packs_of(LocalStore& store) {
    store.refresh();
    return store.packs();
  }

  std::vector<Need> needs(const Roots& roots) const {
    const MultiIndex objects(MappedFile::of(set_->encode_multi_index()));
    Marks marks(store_, objects);
    marks.run(roots, options_.stop);
    std::map<Id, Need> by_pack;
    std::map<Id, const Pack*> packs;
    for (const auto& pack : set_->packs()) packs[pack->name()] = pack.get();
    for (std::size_t i = 0; i < objects.count(); ++i) {
      const auto entry = objects.at(i);
      if (!marks.has(i) || catalogue_.keeps(entry.entry.key)) continue;
      Need& need = by_pack[objects.packs()[entry.pack]];
      need.pack = packs.at(objects.packs()[entry.pack]);
      need.entries.push_back(entry.entry);
      need.bytes += entry.entry.extent.stored;
    }
    std::vector<Need> out;
    for (auto& [name, need] : by_pack) out.push_back(std::move(need));
    return out;
  }

  // All of it, not only what is needed: damage must not spread.
  static bool is_whole(const Pack& pack) {
    const auto entries = pack.index()->by_offset();
    try {
      parallel_for(entries.size(), [&](std::size_t i) { read_stored(entries[i].key, {&pack, entries[i].extent}); });
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
      return false;
    }
  }

  // What is damaged here may be whole in another pack.
  void pass_over_damaged() {
    const auto damaged =
        std::stable_partition(whole_.begin(), whole_.end(), [](const Need& need) { return is_whole(*need.pack); });
    std::move(damaged, whole_.end(), std::back_inserter(parts_));
    whole_.erase(damaged, whole_.end());
  }

  void send_whole() {
    std::map<const Pack*, FileStat> before;  // a file of the work tree that is linked may be changed while it is sent
    for (const auto& need : whole_) before[need.pack] = state_of(*need.pack);
    pass_over_damaged();
    std::vector<char> sent(whole_.size(), 0);
    transfer_all(whole_.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) {
      const Pack& pack = *whole_[i].pack;
      sent[i] =
          send_pack(remote_, store_.layout(), pack.name(), [&] { return same_bytes(state_of(pack), before.at(&pack)); })
              ? 1
              : 0;
      if (sent[i] != 0 && options_.progress != nullptr) options_.progress->advance(whole_[i].bytes);
    });
    for (std::size_t i = 0; i < whole_.size(); ++i)
      if (sent[i] != 0)
        ++pushed_.packs;
      else
        parts_.push_back(std::move(whole_[i]));  // its name is taken there by something else
  }

  void send_parts() {
    if (parts_.empty()) return;
    Shipment shipment(
        store_.layout(), remote_, [&](const Id& pack) { return catalogue_.condemned().has(pack); }, options_);
    for (auto& need : parts_)
      std::sort(need.entries.begin(), need.entries.end(),
                [](const auto& a, const auto& b) { return a.extent.offset < b.extent.offset; });
    add_parts(shipment, false);
    add_parts(shipment, true);
    pushed_.packs += shipment.send().size();
  }

  // Trees and records last: where something that they need is damaged here, they do not get there. (Recipes stay behind
  // their chunks: readers take both at once.)
  void add_parts(Shipment& shipment, bool last) {
    for (const auto& need : parts_) {
      for (const auto& entry : need.entries)
        if ((entry.key.kind == Kind::tree || entry.key.kind == Kind::record) == last)
          add(shipment, entry.key, {need.pack, entry.extent});
      if (options_.stop.stop_requested()) throw interrupted();
    }
  }

  void add(Shipment& shipment, const Key& key, const Place& place) const {
    const auto object = read_stored_somewhere(*set_, key, place);
    shipment.add(key, object.bytes, object.plain);
  }

  LocalStore& store_;
  Remote& remote_;
  const Catalogue& catalogue_;
  const TransferOptions& options_;
  std::shared_ptr<void> lease_;
  std::shared_ptr<const PackSet> set_;
  std::vector<Need> whole_, parts_;
  Pushed pushed_;
};

}  // namespace

Pushed push_objects(Store& store, Remote& remote, const Catalogue& catalogue, const Roots& roots,
                    const TransferOptions& options) {
  return Push(dynamic_cast<LocalStore&>(store), remote, catalogue, options).run(roots);
}

}  // namespace mlops::store
