#include "store/remote/remote_marks.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "store/recipe.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"
#include "store/tree.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_batch = 4096;  // trees and recipes that are opened at a time

std::vector<Key> take_batch(Kind kind, std::vector<Id>& from) {
  std::vector<Key> batch;
  for (; !from.empty() && batch.size() < k_batch; from.pop_back()) batch.push_back({kind, from.back()});
  return batch;
}

Error nowhere(const Key& key) {
  return state_error(std::string(to_text(key.kind)) + " " + key.id.brief() + " is needed, and neither here nor there");
}

}  // namespace

void read_there(const Remote& remote, std::vector<PlacedKey> keys, const TransferOptions& options,
                const TakePlain& take) {
  refuse_giants(keys, remote);
  const auto ranges = ranges_of(std::move(keys));
  std::mutex mutex;
  transfer_all(ranges.size(), std::min(options.jobs, remote.most_jobs()), options.stop, [&](std::size_t i) {
    read_range(remote, ranges[i], [&](const Key& key, const Extent&, std::string_view, std::string_view plain) {
      const std::lock_guard lock(mutex);
      take(key, plain);
    });
  });
}

void read_anywhere(const LocalStore& store, const Remote& remote, const Catalogue& catalogue,
                   const std::vector<Key>& keys, const TransferOptions& options, const TakePlain& take) {
  std::vector<PlacedKey> away;
  for (const auto& key : keys) {
    if (store.packs()->find(key))
      take(key, store.get(key.kind, key.id));
    else if (const auto place = catalogue.find(key))
      away.push_back({key, *place, 0});
    else
      throw nowhere(key);
  }
  read_there(remote, std::move(away), options, take);
}

RemoteMarks::RemoteMarks(const LocalStore& store, const Remote& remote, const Catalogue& catalogue,
                         const MultiIndex& objects, const TransferOptions& options)
    : store_(store), remote_(remote), catalogue_(catalogue), options_(options), marked_(objects) {
  find_other_recipes();
}

// Two writers may have cut a file differently. Which of the recipes stays is not known yet, so all of them are opened.
void RemoteMarks::find_other_recipes() {
  catalogue_.for_each_pack([&](const Id& name, const PackIndex& index) {
    for (std::size_t i = index.first_not_less_than({Kind::file, {}});
         i < index.count() && index.at(i).key.kind == Kind::file; ++i) {
      const auto entry = index.at(i);
      const auto main = catalogue_.find(entry.key);
      if (main && (main->extent.stored != entry.extent.stored || main->extent.plain != entry.extent.plain))
        other_recipes_.emplace(entry.key.id, Catalogue::Place{name, entry.extent});
    }
  });
}

// Lost there, with its pack.
void RemoteMarks::open_from_here(const Key& recipe) {
  if (!store_.packs()->find(recipe)) throw nowhere(recipe);
  for (const auto& chunk : decode_recipe(store_.get(Kind::file, recipe.id), recipe.id).chunks)
    marked_.mark({Kind::chunk, chunk.id});
}

void RemoteMarks::walk() {
  while (!marked_.trees.empty())
    read_anywhere(store_, remote_, catalogue_, take_batch(Kind::tree, marked_.trees), options_,
                  [&](const Key&, std::string_view plain) {
                    for (const auto& entry : decode_tree(plain)) marked_.reach(entry.id);
                  });
  while (!marked_.recipes.empty()) {
    std::vector<PlacedKey> batch;
    for (const auto& key : take_batch(Kind::file, marked_.recipes)) {
      if (const auto place = catalogue_.find(key))
        batch.push_back({key, *place, 0});
      else
        open_from_here(key);
      const auto [begin, end] = other_recipes_.equal_range(key.id);
      for (auto at = begin; at != end; ++at) batch.push_back({key, at->second, 0});
    }
    read_there(remote_, std::move(batch), options_, [&](const Key& key, std::string_view plain) {
      for (const auto& chunk : decode_recipe(plain, key.id).chunks) marked_.mark({Kind::chunk, chunk.id});
    });
  }
}

void RemoteMarks::run(const Roots& roots) {
  roots([&](const Id& id) { marked_.reach(id); });
  walk();
  if (options_.stop.stop_requested()) throw interrupted();
}

}  // namespace mlops::store
