#include "store/remote/fetch.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/condemned.h"
#include "store/object_reader.h"
#include "store/plain_file.h"
#include "store/recipe.h"
#include "store/remote/fetch_plain.h"
#include "store/remote/ranges.h"
#include "store/remote/transfers.h"
#include "store/store_writer.h"
#include "store/tree.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_commit_every = 1 << 30;   // bytes of whole files
constexpr std::uint64_t k_batch_bytes = 512 << 20;  // between commits, of others
constexpr std::size_t k_batch = 16'384;             // objects between commits
constexpr std::size_t k_recipes = 256;              // the same for files of several chunks, in a repair
constexpr std::uint64_t k_near = 1 << 20;           // files up to this size mostly lie in front of their recipes, whole
constexpr std::uint64_t k_neighbours = 64 << 10;    // and what other writers put between

class Fetch {
 public:
  Fetch(LocalStore& store, const Remote& remote, const Catalogue& catalogue, const TransferOptions& options)
      : store_(store),
        remote_(remote),
        catalogue_(catalogue),
        options_(options),
        lease_(store.hold()),
        condemned_(Condemned::load(store.layout())) {}

  Fetched run(const std::vector<Wanted>& wanted) {
    if (options_.progress != nullptr) options_.progress->start("fetch from " + remote_.url(), 0);
    store_.refresh();
    descend(wanted);
    fetch_files();
    return result();
  }

  Fetched again(const std::vector<Key>& keys) {
    again_ = true;
    if (options_.progress != nullptr) options_.progress->start("fetch from " + remote_.url(), 0);
    std::vector<Key> plain, recipes;
    for (const auto& key : keys)
      if (catalogue_.has(key)) (key.kind == Kind::file ? recipes : plain).push_back(key);
    in_batches(plain, k_batch, [&](const std::vector<Key>& batch) { keep(batch, {}); });
    in_batches(recipes, k_recipes, [&](const std::vector<Key>& batch) { fetch_large(recipes_of(batch)); });
    return result();
  }

 private:
  Fetched result() {
    for (auto* paths : {&fetched_.missing, &fetched_.damaged}) {
      std::sort(paths->begin(), paths->end());
      paths->erase(std::unique(paths->begin(), paths->end()), paths->end());
    }
    return fetched_;
  }

  static void in_batches(const std::vector<Key>& keys, std::size_t size,
                         const std::function<void(const std::vector<Key>&)>& fetch) {
    for (std::size_t at = 0; at < keys.size(); at += size)
      fetch({keys.begin() + static_cast<std::ptrdiff_t>(at),
             keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), at + size))});
  }

  // As of the last look: to look again for each of many missing objects costs more than to fetch what somebody else
  // just added. What gc has condemned comes again, as writers put it again.
  [[nodiscard]] bool here(Kind kind, const Id& id) const {
    return may_rely_on(condemned_, store_.layout(), *store_.packs(), {kind, id});
  }

  void miss(const Key& key, const std::map<Id, std::string>& paths, bool damaged = false) {
    const auto path = paths.find(key.id);
    const bool known = path != paths.end() && !path->second.empty();
    const std::string name = known    ? path->second
                             : again_ ? std::string(to_text(key.kind)) + " " + key.id.brief()
                                      : key.id.brief();
    const std::lock_guard lock(mutex_);
    fetched_.missing.push_back(name);
    if (damaged) fetched_.damaged.push_back(name);
  }

  enum class Look { good, damaged, gone };

  // Damage passed over takes nothing else along.
  Look try_to(const std::function<void()>& read) const {
    try {
      read();
      return Look::good;
    } catch (const Gone&) {
      if (!again_ && !options_.pass_over_gone) throw;
      return Look::gone;
    } catch (const Error& error) {
      const bool passes = again_ || options_.pass_over_damaged;
      if (!passes || error.kind() != ErrorKind::state || options_.stop.stop_requested()) throw;
      return Look::damaged;
    }
  }

  // work(range, done) takes the objects of a range from `done` on, and counts them. Those at which it ends are tried
  // alone.
  void each_range(const std::vector<PackRange>& ranges, const std::map<Id, std::string>& paths,
                  const std::function<Look(const PackRange&, std::size_t& done)>& work) {
    transfer_all(ranges.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) {
      const auto& items = ranges[i].items;
      std::size_t done = 0;
      if (!again_ && work(ranges[i], done) == Look::good) return;
      for (; done < items.size(); ++done) {
        const auto alone = ranges_of({items[done]});
        std::size_t one = 0;
        const Look look = work(alone.front(), one);
        if (look != Look::good) miss(items[done].key, paths, look == Look::damaged);
      }
    });
  }

  // What is there; what is not is missed under its path.
  std::vector<PlacedKey> places_of(const std::vector<Key>& keys, const std::map<Id, std::string>& paths) {
    std::vector<PlacedKey> items;
    for (const auto& key : keys) {
      if (const auto place = catalogue_.find(key))
        items.push_back({key, *place});
      else
        miss(key, paths);
    }
    refuse_giants(items, remote_);
    return items;
  }

  // Fetches, checks and hands over, from several threads.
  void get(const std::vector<Key>& keys, const std::map<Id, std::string>& paths, const TakeObject& take) {
    each_range(ranges_of(places_of(keys, paths)), paths,
               [&](const PackRange& range, std::size_t& done) { return get_range(range, done, take); });
  }

  Look get_range(const PackRange& range, std::size_t& done, const TakeObject& take) {
    std::optional<RangeBytes> bytes;
    std::string buffer;
    if (const Look look = try_to([&] { bytes.emplace(remote_, range); }); look != Look::good) return look;
    count(0, 0, range.length);
    for (; done < range.items.size(); ++done) {
      const auto& [key, place, before] = range.items[done];
      std::string_view plain;
      if (const Look look =
              try_to([&, &key = key, &place = place] { plain = bytes->plain(key, place.extent, buffer); });
          look != Look::good)
        return look;
      take(key, place.extent, bytes->stored(place.extent), plain);
      count(1, place.extent.stored, 0);
    }
    return Look::good;
  }

  void count(std::uint64_t objects, std::uint64_t bytes, std::uint64_t read) {
    const std::lock_guard lock(mutex_);
    fetched_.objects += objects;
    fetched_.bytes += bytes;
    if (options_.progress != nullptr) options_.progress->advance(read);
  }

  // Level by level: trees that are here are opened, those that are not are fetched, verified and kept first.
  void descend(std::vector<Wanted> level) {
    std::unordered_set<Id, IdHash> seen;
    while (!level.empty()) {
      std::vector<Key> away;
      std::map<Id, std::string> paths;
      for (const auto& want : level) {
        paths[want.id] = want.path;
        if (is_tree(want.id) && !here(Kind::tree, want.id)) away.push_back({Kind::tree, want.id});
        if (catalogue_.has({Kind::record, want.id}) && !here(Kind::record, want.id))
          away.push_back({Kind::record, want.id});
      }
      keep(away, paths);
      std::vector<Wanted> next;
      for (const auto& want : level) open(want, seen, next);
      level = std::move(next);
    }
  }

  bool is_tree(const Id& id) const { return here(Kind::tree, id) || catalogue_.has({Kind::tree, id}); }

  void open(const Wanted& want, std::unordered_set<Id, IdHash>& seen, std::vector<Wanted>& next) {
    if (here(Kind::record, want.id)) return;
    if (!is_tree(want.id) && want.trees) return;
    if (!is_tree(want.id)) {
      files_[want.id] = want.path;
      sizes_[want.id] = want.size;
      return;
    }
    if (!here(Kind::tree, want.id)) return;  // missing, and said so
    if (want.only.empty() && !seen.insert(want.id).second) return;
    const std::string first = want.only.substr(0, want.only.find('/'));
    for (const auto& entry : decode_tree(store_.get(Kind::tree, want.id))) {
      if ((!first.empty() && entry.name != first) || (want.trees && entry.mode != Mode::directory)) continue;
      const std::string rest =
          first.empty() || first.size() >= want.only.size() ? "" : want.only.substr(first.size() + 1);
      next.push_back(
          {entry.id, want.path + "/" + entry.name, entry.mode == Mode::directory ? rest : "", want.trees, entry.size});
    }
  }

  // Also where the line is cut or somebody interrupts: the next pull goes on from there.
  static void keeping_what_came(StoreWriter& writer, const std::function<void()>& fetch) {
    try {
      fetch();
    } catch (...) {
      try {
        writer.commit();
      } catch (const Error&) {  // the first one is the one to tell
      }
      throw;
    }
    writer.commit();
  }

  void keep(const std::vector<Key>& keys, const std::map<Id, std::string>& paths) {
    if (keys.empty()) return;
    StoreWriter writer(store_, again_);
    keeping_what_came(writer, [&] {
      get(keys, paths, [&](const Key& key, const Extent& extent, std::string_view stored, std::string_view plain) {
        if (key.kind == Kind::tree) decode_tree(plain);  // hostile names end here
        writer.put_stored(key, stored, extent.plain);
      });
    });
  }

  // Whole files, as they lie in the packs: with a recipe come the chunks in front of it.
  void fetch_files() {
    auto items = wanted_files();
    std::sort(items.begin(), items.end(), lies_before);
    for (std::size_t at = 0, end = 0; at < items.size(); at = end) {
      std::uint64_t bytes = 0;
      while (end < items.size() && end - at < k_batch && bytes < k_batch_bytes) {
        bytes += items[end].place.extent.stored + items[end].before;
        ++end;
      }
      fetch_near({items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(end)});
    }
  }

  std::vector<PlacedKey> wanted_files() {
    std::vector<Key> keys;
    for (const auto& [id, path] : files_)
      if (!here(Kind::chunk, id) && !here(Kind::file, id))
        keys.push_back({catalogue_.has({Kind::chunk, id}) ? Kind::chunk : Kind::file, id});
    auto items = places_of(keys, files_);
    for (auto& item : items)
      if (item.key.kind == Kind::file && sizes_[item.key.id] <= k_near)
        item.before = sizes_[item.key.id] + k_neighbours;
    return items;
  }

  void fetch_near(std::vector<PlacedKey> items) {
    StoreWriter writer(store_);
    std::vector<Recipe> left;  // their chunks lie elsewhere
    const auto ranges = ranges_of(std::move(items));
    keeping_what_came(writer, [&] {
      each_range(ranges, files_,
                 [&](const PackRange& range, std::size_t& done) { return take_near(range, done, writer, left); });
    });
    for (std::size_t at = 0, end = 0; at < left.size(); at = end) {
      std::size_t chunks = 0;
      while (end < left.size() && chunks < k_batch) chunks += left[end++].chunks.size();
      fetch_large({left.begin() + static_cast<std::ptrdiff_t>(at), left.begin() + static_cast<std::ptrdiff_t>(end)});
    }
  }

  Look take_near(const PackRange& range, std::size_t& done, StoreWriter& writer, std::vector<Recipe>& left) {
    std::optional<RangeBytes> bytes;
    if (const Look look = try_to([&] { bytes.emplace(remote_, range); }); look != Look::good) return look;
    count(0, 0, range.length);
    for (; done < range.items.size(); ++done) {
      if (const Look look = try_to([&] { take(range.items[done], range, *bytes, writer, left); }); look != Look::good)
        return look;
      count(1, 0, 0);
    }
    return Look::good;
  }

  void take(const PlacedKey& item, const PackRange& range, const RangeBytes& bytes, StoreWriter& writer,
            std::vector<Recipe>& left) {
    const auto& extent = item.place.extent;
    thread_local std::string buffer;
    const auto plain = bytes.plain(item.key, extent, buffer);
    if (item.key.kind == Kind::chunk) return keep(item.key, extent, bytes.stored(extent), writer);
    Recipe recipe = decode_recipe(plain, item.key.id);
    count(0, extent.stored, 0);
    if (take_chunks(recipe, range, bytes, writer)) return writer.put_recipe(recipe);
    const std::lock_guard lock(mutex_);
    left.push_back(std::move(recipe));
  }

  void keep(const Key& key, const Extent& extent, std::string_view stored, StoreWriter& writer) {
    writer.put_stored(key, stored, extent.plain);
    count(0, extent.stored, 0);
  }

  // The chunks of a file that lie in the range with its recipe, all of them or none.
  bool take_chunks(const Recipe& recipe, const PackRange& range, const RangeBytes& bytes, StoreWriter& writer) {
    if (recipe.size > k_near) return false;
    std::vector<Extent> extents;
    for (const auto& chunk : recipe.chunks) {
      const auto place = catalogue_.find({Kind::chunk, chunk.id});
      if (!place || !range.covers(*place) || place->extent.plain != chunk.length) return false;
      extents.push_back(place->extent);
    }
    Sha256 hash;
    thread_local std::string buffer;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const Key key{Kind::chunk, recipe.chunks[i].id};
      hash.update(bytes.plain(key, extents[i], buffer));
      keep(key, extents[i], bytes.stored(extents[i]), writer);
    }
    count(extents.size(), 0, 0);
    if (hash.finish() != recipe.file) throw another_file(recipe);
    return true;
  }

  Error another_file(const Recipe& recipe) const {
    return state_error("file " + recipe.file.brief() + " is another one on " + printable(remote_.url()) +
                       ": its chunks are whole, but make another file");
  }

  std::vector<Recipe> recipes_of(const std::vector<Key>& keys) {
    std::vector<Recipe> recipes;
    get(keys, files_, [&](const Key& key, const Extent&, std::string_view, std::string_view plain) {
      Recipe recipe;
      if (try_to([&] { recipe = decode_recipe(plain, key.id); }) != Look::good) return miss(key, files_, true);
      const std::lock_guard lock(mutex_);
      recipes.push_back(std::move(recipe));
    });
    return recipes;
  }

  // Chunks first; then the whole file is hashed before its recipe is believed: a wrong one would stand in the right
  // one's place.
  void fetch_large(std::vector<Recipe> recipes) {
    if (!again_) fetch_whole(recipes);  // what is damaged here comes chunk by chunk
    std::set<Id> wanted;
    std::map<Id, std::string> paths;
    for (const auto& recipe : recipes)
      for (const auto& chunk : recipe.chunks) {
        paths.emplace(chunk.id, files_[recipe.file]);
        if (!here(Kind::chunk, chunk.id) || (again_ && !can_be_read(chunk.id))) wanted.insert(chunk.id);
      }
    std::vector<Key> chunks;
    for (const auto& id : wanted) chunks.push_back({Kind::chunk, id});
    in_batches(chunks, k_batch, [&](const std::vector<Key>& batch) { keep(batch, paths); });
    StoreWriter writer(store_, again_);
    for (const auto& recipe : recipes) {
      bool whole = false;
      if (try_to([&] { whole = complete(recipe); }) != Look::good && !again_)
        miss({Kind::file, recipe.file}, files_, true);
      if (whole) writer.put_recipe(recipe);
    }
    writer.commit();
  }

  // Those that are packs of their own there and mostly missing here; they leave the list.
  void fetch_whole(std::vector<Recipe>& recipes) {
    StoreWriter writer(store_);
    keeping_what_came(writer, [&] { fetch_whole(recipes, writer); });
    committed_ = 0;
  }

  void fetch_whole(std::vector<Recipe>& recipes, StoreWriter& writer) {
    std::erase_if(recipes, [&](const Recipe& recipe) {
      const auto pack = catalogue_.plain_pack(recipe.file);
      if (!pack || recipe.size < k_plain_minimum) return false;
      std::uint64_t missing = 0;
      for (const auto& chunk : recipe.chunks)
        if (!writer.holds({Kind::chunk, chunk.id})) missing += chunk.length;
      if (missing < recipe.size / 10 * 9) return false;
      bool taken = false;  // what is damaged in it comes, or is missed, chunk by chunk
      if (try_to([&] { taken = fetch_plain(writer, store_.layout(), remote_, *pack, recipe, options_); }) !=
              Look::good ||
          !taken)
        return false;
      fetched_.bytes += recipe.size;
      fetched_.objects += recipe.chunks.size();
      if (writer.new_bytes() - committed_ >= k_commit_every) {
        writer.commit();
        committed_ = writer.new_bytes();
      }
      return true;
    });
  }

  bool can_be_read(const Id& chunk) const {
    try {
      (void)store_.get(Kind::chunk, chunk);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state) throw;
      return false;
    }
  }

  bool complete(const Recipe& recipe) const {
    Sha256 hash;
    for (const auto& chunk : recipe.chunks) {
      if (!here(Kind::chunk, chunk.id)) return false;  // missing, and said so
      const std::string bytes = store_.get(Kind::chunk, chunk.id);
      if (bytes.size() != chunk.length) break;
      hash.update(bytes);
    }
    if (hash.finish() != recipe.file) throw another_file(recipe);
    return true;
  }

  LocalStore& store_;
  const Remote& remote_;
  const Catalogue& catalogue_;
  const TransferOptions& options_;
  std::shared_ptr<void> lease_;
  Condemned condemned_;
  std::map<Id, std::string> files_;
  std::unordered_map<Id, std::uint64_t, IdHash> sizes_;  // of files_, where known
  std::mutex mutex_;
  std::uint64_t committed_ = 0;  // of what fetch_whole's writer has put
  Fetched fetched_;
  bool again_ = false;
};

}  // namespace

Fetched fetch_objects(Store& store, const Remote& remote, const Catalogue& catalogue, const std::vector<Wanted>& wanted,
                      const TransferOptions& options) {
  return Fetch(dynamic_cast<LocalStore&>(store), remote, catalogue, options).run(wanted);
}

Fetched fetch_again(Store& store, const Remote& remote, const Catalogue& catalogue, const std::vector<Key>& keys,
                    const TransferOptions& options) {
  return Fetch(dynamic_cast<LocalStore&>(store), remote, catalogue, options).again(keys);
}

}  // namespace mlops::store
