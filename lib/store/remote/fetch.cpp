#include "store/remote/fetch.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/object_reader.h"
#include "store/recipe.h"
#include "store/remote/transfers.h"
#include "store/store_writer.h"
#include "store/tree.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_range = 8 << 20;         // bytes asked for at a time, more only where one object has more
constexpr std::uint64_t k_gap = 64 << 10;          // bytes between two objects that are fetched along
constexpr std::uint32_t k_plain_limit = 256 << 20;  // of a tree, recipe or record from a remote
constexpr std::size_t k_batch = 16'384;            // objects between commits

struct Item {
  Key key;
  Catalogue::Place place;
};

struct Range {
  Id pack;
  std::uint64_t offset = 0, length = 0;
  std::vector<Item> items;
};

std::vector<Range> ranges_of(std::vector<Item> items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tie(a.place.pack, a.place.extent.offset) < std::tie(b.place.pack, b.place.extent.offset);
  });
  std::vector<Range> out;
  for (auto& item : items) {
    const auto& [pack, extent] = item.place;
    const std::uint64_t end = extent.offset + extent.stored;
    const bool joins = !out.empty() && out.back().pack == pack && extent.offset >= out.back().offset + out.back().length &&
                       extent.offset - (out.back().offset + out.back().length) <= k_gap && end - out.back().offset <= k_range;
    if (!joins) out.push_back({pack, extent.offset, 0, {}});
    out.back().length = end - out.back().offset;
    out.back().items.push_back(std::move(item));
  }
  return out;
}

class Fetch {
 public:
  Fetch(LocalStore& store, const Remote& remote, const Catalogue& catalogue, const TransferOptions& options)
      : store_(store), remote_(remote), catalogue_(catalogue), options_(options), lease_(store.hold()) {}

  Fetched run(const std::vector<Wanted>& wanted) {
    if (options_.progress != nullptr) options_.progress->start("fetch from " + remote_.url(), 0);
    descend(wanted);
    fetch_files();
    std::sort(fetched_.missing.begin(), fetched_.missing.end());
    fetched_.missing.erase(std::unique(fetched_.missing.begin(), fetched_.missing.end()), fetched_.missing.end());
    return fetched_;
  }

 private:
  using Take = std::function<void(const Key&, const Extent&, const std::string& stored, std::string plain)>;

  // Fetches, checks and hands over (one at a time) what is there; what is not is missed under its path.
  void get(const std::vector<Key>& keys, const std::map<Id, std::string>& paths, const Take& take) {
    std::vector<Item> items;
    for (const auto& key : keys) {
      const auto place = catalogue_.find(key);
      if (!place) {
        const auto path = paths.find(key.id);
        fetched_.missing.push_back(path != paths.end() && !path->second.empty() ? path->second : key.id.brief());
      } else if (key.kind != Kind::chunk && place->extent.plain > k_plain_limit) {
        throw state_error(std::string(to_text(key.kind)) + " " + key.id.brief() + " on " + printable(remote_.url()) + " claims " + show_size(place->extent.plain) + ": it is refused");
      } else {
        items.push_back({key, *place});
      }
    }
    const auto ranges = ranges_of(std::move(items));
    transfer_all(ranges.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) { get_range(ranges[i], take); });
  }

  void get_range(const Range& range, const Take& take) {
    const std::string bytes = remote_.read("packs/" + range.pack.hex() + ".pack", range.offset, range.length);
    for (const auto& [key, place] : range.items) {
      std::string stored = bytes.substr(place.extent.offset - range.offset, place.extent.stored), plain;
      try {
        plain = decode_object(key, place.extent, stored);
      } catch (const Error&) {
        throw state_error(std::string(to_text(key.kind)) + " " + key.id.brief() + " is damaged on " + printable(remote_.url()) + " (pack " + range.pack.brief() + ")",
                          "nothing of it was taken; a clone that has the data can mend the remote: mlops fsck there, then push");
      }
      const std::lock_guard lock(mutex_);
      fetched_.bytes += stored.size();
      ++fetched_.objects;
      take(key, place.extent, stored, std::move(plain));
    }
    if (options_.progress != nullptr) options_.progress->advance(range.length);
  }

  // Level by level: trees that are here are opened, those that are not are fetched, verified and kept first.
  void descend(std::vector<Wanted> level) {
    std::unordered_set<Id, IdHash> seen;
    while (!level.empty()) {
      std::vector<Key> away;
      std::map<Id, std::string> paths;
      for (const auto& want : level) {
        paths[want.id] = want.path;
        if (is_tree(want.id) && !store_.has(Kind::tree, want.id)) away.push_back({Kind::tree, want.id});
        if (catalogue_.has({Kind::record, want.id}) && !store_.has(Kind::record, want.id)) away.push_back({Kind::record, want.id});
      }
      keep(away, paths);
      std::vector<Wanted> next;
      for (const auto& want : level) open(want, seen, next);
      level = std::move(next);
    }
  }

  bool is_tree(const Id& id) const { return store_.has(Kind::tree, id) || catalogue_.has({Kind::tree, id}); }

  void open(const Wanted& want, std::unordered_set<Id, IdHash>& seen, std::vector<Wanted>& next) {
    if (store_.has(Kind::record, want.id)) return;
    if (!is_tree(want.id) && want.trees) return;
    if (!is_tree(want.id)) {
      files_[want.id] = want.path;
      return;
    }
    if (!store_.has(Kind::tree, want.id)) return;  // missing, and said so
    if (want.only.empty() && !seen.insert(want.id).second) return;
    const std::string first = want.only.substr(0, want.only.find('/'));
    for (const auto& entry : decode_tree(store_.get(Kind::tree, want.id))) {
      if ((!first.empty() && entry.name != first) || (want.trees && entry.mode != Mode::directory)) continue;
      const std::string rest = first.empty() || first.size() >= want.only.size() ? "" : want.only.substr(first.size() + 1);
      next.push_back({entry.id, want.path + "/" + entry.name, entry.mode == Mode::directory ? rest : "", want.trees});
    }
  }

  void keep(const std::vector<Key>& keys, const std::map<Id, std::string>& paths) {
    if (keys.empty()) return;
    StoreWriter writer(store_);
    get(keys, paths, [&](const Key& key, const Extent& extent, const std::string& stored, const std::string& plain) {
      if (key.kind == Kind::tree) decode_tree(plain);  // hostile names end here
      writer.put_stored(key, stored, extent.plain);
    });
    writer.commit();
  }

  void fetch_files() {
    std::vector<Key> chunks, recipes;
    for (const auto& [id, path] : files_) {
      if (store_.has_file(id)) continue;
      (catalogue_.has({Kind::chunk, id}) ? chunks : recipes).push_back({catalogue_.has({Kind::chunk, id}) ? Kind::chunk : Kind::file, id});
    }
    for (std::size_t at = 0; at < chunks.size(); at += k_batch)
      keep({chunks.begin() + static_cast<std::ptrdiff_t>(at), chunks.begin() + static_cast<std::ptrdiff_t>(std::min(chunks.size(), at + k_batch))}, files_);
    for (std::size_t at = 0; at < recipes.size(); at += 256)
      fetch_large({recipes.begin() + static_cast<std::ptrdiff_t>(at), recipes.begin() + static_cast<std::ptrdiff_t>(std::min(recipes.size(), at + 256))});
  }

  // Chunks first; then the whole file is hashed before its recipe is believed: a wrong one would stand in the right one's place.
  void fetch_large(const std::vector<Key>& keys) {
    std::vector<Recipe> recipes;
    get(keys, files_, [&](const Key& key, const Extent&, const std::string&, const std::string& plain) { recipes.push_back(decode_recipe(plain, key.id)); });
    std::set<Id> wanted;
    std::map<Id, std::string> paths;
    for (const auto& recipe : recipes)
      for (const auto& chunk : recipe.chunks) {
        paths.emplace(chunk.id, files_[recipe.file]);
        if (!store_.has(Kind::chunk, chunk.id)) wanted.insert(chunk.id);
      }
    std::vector<Key> chunks;
    for (const auto& id : wanted) chunks.push_back({Kind::chunk, id});
    for (std::size_t at = 0; at < chunks.size(); at += k_batch)
      keep({chunks.begin() + static_cast<std::ptrdiff_t>(at), chunks.begin() + static_cast<std::ptrdiff_t>(std::min(chunks.size(), at + k_batch))}, paths);
    StoreWriter writer(store_);
    for (const auto& recipe : recipes)
      if (complete(recipe)) writer.put_recipe(recipe);
    writer.commit();
  }

  bool complete(const Recipe& recipe) const {
    Sha256 hash;
    for (const auto& chunk : recipe.chunks) {
      if (!store_.has(Kind::chunk, chunk.id)) return false;  // missing, and said so
      const std::string bytes = store_.get(Kind::chunk, chunk.id);
      if (bytes.size() != chunk.length) break;
      hash.update(bytes);
    }
    if (hash.finish() != recipe.file)
      throw state_error("file " + recipe.file.brief() + " is another one on " + printable(remote_.url()) + ": its chunks are whole, but make another file");
    return true;
  }

  LocalStore& store_;
  const Remote& remote_;
  const Catalogue& catalogue_;
  const TransferOptions& options_;
  std::shared_ptr<void> lease_;
  std::map<Id, std::string> files_;
  std::mutex mutex_;
  Fetched fetched_;
};

}  // namespace

Fetched fetch_objects(Store& store, const Remote& remote, const Catalogue& catalogue, const std::vector<Wanted>& wanted, const TransferOptions& options) {
  return Fetch(dynamic_cast<LocalStore&>(store), remote, catalogue, options).run(wanted);
}

}  // namespace mlops::store
