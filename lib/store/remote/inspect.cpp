#include "store/remote/inspect.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/object_reader.h"
#include "store/remote/listing.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_index_limit = std::uint64_t{1} << 30;
constexpr std::uint64_t k_run =
    8 << 20;  // bytes of a pack that are read at a time, more only where one object has more

struct Halves {
  std::optional<std::uint64_t> pack, index;  // sizes
};

class Inspector {
 public:
  Inspector(const Remote& remote, bool deep, const TransferOptions& options)
      : remote_(remote), deep_(deep), options_(options) {}

  Inspection run() {
    std::map<Id, Halves> packs;
    for (const auto& item : remote_.list("packs/")) note(item, packs);
    if (remote_.lists_what_was()) expect_packs(packs);
    std::vector<std::pair<Id, Halves>> whole;
    for (const auto& [name, halves] : packs) {
      if (!halves.index)
        ++out_.unfinished;
      else if (!halves.pack && !remote_.lists_what_was())
        damaged(pack_name(name), "the pack is gone; only its index is left");
      else
        whole.emplace_back(name, halves);
    }
    out_.packs = whole.size();
    if (options_.progress != nullptr)
      options_.progress->start("checking " + remote_.url(), deep_ ? out_.bytes : whole.size());
    transfer_all(whole.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop,
                 [&](std::size_t i) { check(whole[i].first, whole[i].second); });
    check_listings();
    forget_deleted();
    std::sort(out_.damage.begin(), out_.damage.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
    return std::move(out_);
  }

 private:
  // Such a remote names indexes only, those too that a gc has deleted since.
  void expect_packs(std::map<Id, Halves>& packs) const {
    const TemporaryFolder folder(fs::temp_directory_path());
    const CondemnedPacks condemned(remote_, folder.path());
    std::erase_if(packs, [&](const auto& pack) { return condemned.deleted(pack.first); });
  }

  // "" or what is wrong. Where no size is listed, the last byte must be there.
  std::string wrong_size(const Id& name, const PackIndex& index, const Halves& halves) {
    const std::string wrong = "its size is not what its index says";
    if (halves.pack) return index.pack_size() == *halves.pack ? "" : wrong;
    try {
      (void)remote_.read(pack_name(name), index.pack_size() - 1, 1);
    } catch (const Gone&) {
      return "the pack is gone; only its index is left";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.stop.stop_requested()) throw;
      return wrong;
    }
    const std::lock_guard lock(mutex_);
    out_.bytes += index.pack_size();
    return {};
  }

  void note(const Remote::Item& item, std::map<Id, Halves>& packs) {
    const fs::path file(item.name);
    const auto name = Id::from_hex(file.stem().string());
    if (!name) return;
    if (file.extension() == ".pack") packs[*name].pack = item.size, out_.bytes += item.size;
    if (file.extension() == ".index") packs[*name].index = item.size;
  }

  void damaged(const std::string& file, const std::string& problem, std::vector<std::pair<Kind, Id>> objects = {}) {
    const std::lock_guard lock(mutex_);
    out_.damage.push_back({file, problem, false, std::move(objects)});
  }

  void check(const Id& name, const Halves& halves) {
    const std::string index_file = index_name(name);
    try {
      if (*halves.index > k_index_limit)
        throw state_error("it is larger than an index may be: " + show_size(*halves.index));
      const PackIndex index(MappedFile::of(remote_.read(index_file, 0, *halves.index)), name);
      count(index);
      if (const auto wrong = wrong_size(name, index, halves); !wrong.empty()) return damaged(pack_name(name), wrong);
      if (deep_) check_bytes(name, index);
    } catch (const Gone& error) {
      damaged(index_file, error.message());
      const std::lock_guard lock(mutex_);
      gone_.insert(index_file);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.stop.stop_requested()) throw;
      damaged(index_file, error.message());
    }
    if (!deep_ && options_.progress != nullptr) options_.progress->advance(1);
  }

  void count(const PackIndex& index) {
    const std::lock_guard lock(mutex_);
    out_.objects += index.count();
  }

  // Front to back, some objects at a time.
  void check_bytes(const Id& name, const PackIndex& index) {
    const auto entries = index.by_offset();
    std::vector<std::pair<Kind, Id>> broken;
    std::string problem, digests;
    Sha256 whole;  // of a plain pack, whose chunks are the file one after the other
    for (std::size_t at = 0; at < entries.size();) {
      if (options_.stop.stop_requested()) throw state_error("interrupted");
      std::size_t end = at + 1;
      while (end < entries.size() && end_of(entries[end]) - entries[at].extent.offset <= k_run) ++end;
      const auto begin = entries[at].extent.offset, length = end_of(entries[end - 1]) - begin;
      const std::unique_lock alone = length > 2 * k_run ? std::unique_lock(giant_) : std::unique_lock<std::mutex>();
      const std::string bytes = remote_.read(pack_name(name), begin, length);
      if (index.plain()) whole.update(bytes);
      for (; at < end; ++at)
        check_object(entries[at], bytes.substr(entries[at].extent.offset - begin, entries[at].extent.stored), digests,
                     problem, broken);
      if (options_.progress != nullptr) options_.progress->advance(length);
    }
    if (problem.empty() && !index.plain() && remote_.read(pack_name(name), 0, k_pack_magic.size()) != k_pack_magic)
      problem = "it does not begin like a pack of version 1";
    if (problem.empty() && (index.plain() ? whole.finish() : sha256(digests)) != index.checksum())
      problem = "its checksum differs";
    if (!problem.empty()) damaged(pack_name(name), problem, std::move(broken));
  }

  static std::uint64_t end_of(const PackEntry& entry) { return entry.extent.offset + entry.extent.stored; }

  static void check_object(const PackEntry& entry, std::string stored, std::string& digests, std::string& problem,
                           std::vector<std::pair<Kind, Id>>& broken) {
    append_id(digests, sha256(stored));
    try {
      decode_object(entry.key, entry.extent, std::move(stored));
    } catch (const Error& error) {
      if (problem.empty()) problem = error.message();
      broken.emplace_back(entry.key.kind, entry.key.id);
    }
  }

  void check_listings() {
    auto items = remote_.list("listing/");
    out_.listings = items.size();
    std::erase_if(items, [&](const auto& item) {
      return item.size > k_listing_limit && (damaged(item.name, "it is larger than a listing may be"), true);
    });
    transfer_each(remote_, items, [&](std::size_t i) {
      try {
        (void)parse_listing(remote_.read(items[i].name, 0, items[i].size), items[i].name);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::outside) throw;
        damaged(items[i].name, error.message());
      }
    });
  }

  // What a gc has deleted while we looked is no damage.
  void forget_deleted() {
    if (gone_.empty()) return;
    std::set<std::string> there;
    for (const auto& item : remote_.list("packs/")) there.insert(item.name);
    std::erase_if(out_.damage, [&](const Damage& one) {
      return gone_.contains(one.file.string()) && !there.contains(one.file.string());
    });
  }

  const Remote& remote_;
  bool deep_;
  const TransferOptions& options_;
  std::mutex mutex_, giant_;    // who holds the second reads a large object: memory is for one at a time
  std::set<std::string> gone_;  // indexes that were listed, and were not there any more, or their packs
  Inspection out_;
};

}  // namespace

Inspection inspect(const Remote& remote, bool deep, const TransferOptions& options) {
  return Inspector(remote, deep, options).run();
}

}  // namespace mlops::store
