#include "store/remote/push.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/pool.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/format.h"
#include "store/mark.h"
#include "store/object_reader.h"
#include "store/pack_builder.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_small_pack = 8 << 20;  // packs below are put together rather than sent one by one

std::string pack_name(const Id& name) { return "packs/" + name.hex() + ".pack"; }
std::string index_name(const Id& name) { return "packs/" + name.hex() + ".index"; }

// A folder in tmp/ with the shape of a store, for packs that are written to be sent.
class Outbox {
 public:
  explicit Outbox(const Layout& store) : root_(store.tmp()), layout_{root_.path() / "store"} {
    fs::create_directories(layout_.packs());
    fs::create_directories(layout_.tmp());
  }
  [[nodiscard]] const Layout& layout() const { return layout_; }

 private:
  TemporaryFolder root_;
  Layout layout_;
};

struct Need {
  const Pack* pack = nullptr;
  std::vector<PackEntry> entries;  // of it, missing there
  std::uint64_t bytes = 0;
};

class Push {
 public:
  Push(LocalStore& store, Remote& remote, const Catalogue& catalogue, const TransferOptions& options)
      : store_(store), remote_(remote), catalogue_(catalogue), options_(options), lease_(store.hold()), set_(packs_of(store)) {}

  Pushed run(const Roots& roots) {
    for (auto& need : needs(roots)) {
      pushed_.objects += need.entries.size();
      pushed_.bytes += need.bytes;
      const std::uint64_t size = need.pack->index()->pack_size();
      (size >= k_small_pack && need.bytes >= size / 4 * 3 ? whole_ : parts_).push_back(std::move(need));
    }
    if (options_.progress != nullptr && pushed_.bytes > 0) options_.progress->start("push to " + remote_.url(), pushed_.bytes);
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
      if (!marks.has(i) || catalogue_.has(entry.entry.key)) continue;
      Need& need = by_pack[objects.packs()[entry.pack]];
      need.pack = packs.at(objects.packs()[entry.pack]);
      need.entries.push_back(entry.entry);
      need.bytes += entry.entry.extent.stored;
    }
    std::vector<Need> out;
    for (auto& [name, need] : by_pack) out.push_back(std::move(need));
    return out;
  }

  void send(const Layout& from, const Id& name, std::uint64_t bytes) {
    remote_.write_once(pack_name(name), from.pack(name));
    remote_.write_once(index_name(name), from.index(name));
    const std::lock_guard lock(mutex_);
    ++pushed_.packs;
    if (options_.progress != nullptr) options_.progress->advance(bytes);
  }

  // All of it, not only what is needed: damage must not spread.
  static void verify(const Pack& pack) {
    const auto entries = pack.index()->by_offset();
    parallel_for(entries.size(), [&](std::size_t i) { read_stored(entries[i].key, {&pack, entries[i].extent}); });
  }

  void send_whole() {
    for (const auto& need : whole_) verify(*need.pack);
    transfer_all(whole_.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) { send(store_.layout(), whole_[i].pack->name(), whole_[i].bytes); });
  }

  void send_parts() {
    if (parts_.empty()) return;
    const Outbox outbox(store_.layout());
    std::vector<std::unique_ptr<PackBuilder>> packs;
    for (auto& need : parts_) {
      std::sort(need.entries.begin(), need.entries.end(), [](const auto& a, const auto& b) { return a.extent.offset < b.extent.offset; });
      for (const auto& entry : need.entries) {
        if (packs.empty() || packs.back()->size() >= k_pack_size) packs.push_back(std::make_unique<PackBuilder>(outbox.layout()));
        put(*packs.back(), entry, read_stored(entry.key, {need.pack, entry.extent}));
      }
      if (options_.stop.stop_requested()) throw interrupted();
    }
    for (const auto& pack : packs) {
      pack->seal();
      pack->publish_pack();
      pack->publish_index();
    }
    transfer_all(packs.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) { send(outbox.layout(), packs[i]->name(), packs[i]->size()); });
  }

  static void put(PackBuilder& pack, const PackEntry& entry, const std::string& stored) {
    Extent extent;
    PackBuilder::Write due;
    const bool direct = pack.append(entry.key, sha256(stored), stored, entry.extent.plain, extent, due);
    pack.write(due.offset, due.bytes);
    if (direct) pack.write(extent.offset, stored);
  }

  LocalStore& store_;
  Remote& remote_;
  const Catalogue& catalogue_;
  const TransferOptions& options_;
  std::shared_ptr<void> lease_;
  std::shared_ptr<const PackSet> set_;
  std::vector<Need> whole_, parts_;
  std::mutex mutex_;
  Pushed pushed_;
};

}  // namespace

Pushed push_objects(Store& store, Remote& remote, const Catalogue& catalogue, const Roots& roots, const TransferOptions& options) {
  return Push(dynamic_cast<LocalStore&>(store), remote, catalogue, options).run(roots);
}

}  // namespace mlops::store
