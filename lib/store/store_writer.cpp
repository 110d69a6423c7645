#include "store/store_writer.h"

#include <sys/stat.h>

#include <exception>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/chunker.h"
#include "store/compression.h"
#include "store/format.h"
#include "store/large_file.h"
#include "store/plain_pack.h"

namespace mlops::store {
namespace {

// Where its scope ends in an exception, what was to be done there is half done.
class Unfinished {
 public:
  explicit Unfinished(std::atomic<bool>& mark) : mark_(mark) {}
  ~Unfinished() {
    if (std::uncaught_exceptions() > before_) mark_ = true;
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

 private:
  std::atomic<bool>& mark_;
  int before_ = std::uncaught_exceptions();
};

}  // namespace

StoreWriter::StoreWriter(LocalStore& store, bool rewrite)
    : store_(store), lease_(store.layout()), condemned_(Condemned::load(store.layout())), rewrite_(rewrite) {
  lease_.knows(condemned_.id());
  store_.refresh();
  packs_ = store_.packs();
  look_at_shared_packs();
}

void StoreWriter::look_at_shared_packs() {
  const auto list = VerifiedPacks::load(store_.layout());
  if (list.all().empty()) return;
  for (const auto& pack : packs_->packs())
    if (list.find(pack->name()) != nullptr && !verified_now(store_.layout(), *pack, list)) changed_.insert(pack.get());
}

bool StoreWriter::stored(const Key& key) const {
  const Shard& shard = shards_[key.id.bytes[0] % shards_.size()];
  {
    const std::lock_guard lock(shard.mutex);
    if (shard.claimed.contains(key)) return true;
  }
  return !rewrite_ && may_rely_on(condemned_, store_.layout(), *packs_, key, changed_);
}

bool StoreWriter::holds_file(const Id& id) const { return stored({Kind::chunk, id}) || stored({Kind::file, id}); }
bool StoreWriter::holds_tree(const Id& id) const { return stored({Kind::tree, id}); }

bool StoreWriter::claim(const Key& key) {
  if (stored(key)) return false;
  Shard& shard = shards_[key.id.bytes[0] % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  return shard.claimed.insert(key).second;
}

void StoreWriter::put(const Key& key, std::span<const std::byte> plain) {
  if (!claim(key)) return;
  const Unfinished whole(failed_);
  thread_local std::string frame;
  if (compress(plain, frame)) return append(key, sha256(frame), frame, static_cast<std::uint32_t>(plain.size()));
  append(key, key.kind == Kind::file ? sha256(plain) : key.id, view(plain), static_cast<std::uint32_t>(plain.size()));
}

void StoreWriter::put_stored(const Key& key, std::string_view stored, std::uint32_t plain) {
  if (!claim(key)) return;
  const Unfinished whole(failed_);
  const bool as_it_is =
      key.kind != Kind::file && stored.size() == plain;  // then its digest is its id, which was checked
  append(key, as_it_is ? key.id : sha256(stored), stored, plain);
}

void StoreWriter::append(const Key& key, const Id& digest, std::string_view stored, std::uint32_t plain) {
  Extent extent;
  PackBuilder::Write due;
  bool direct = false, full = false;
  PackBuilder* pack = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!current_) current_ = std::make_unique<PackBuilder>(store_.layout());
    pack = current_.get();
    direct = pack->append(key, digest, stored, plain, extent, due);
    full = pack->size() >= k_pack_size;
    if (full) full_.push_back(std::move(current_));
  }
  // Outside the lock: a pack is sealed by commit() only, when every put has come back.
  pack->write(due.offset, due.bytes);
  if (direct) pack->write(extent.offset, stored);
  if (full) pack->start_writing();
  new_bytes_ += stored.size();
}

Id StoreWriter::put_chunk(std::span<const std::byte> bytes) {
  if (bytes.size() > k_chunk_maximum) throw input_error("a chunk has at most 256 KiB");
  const Id id = sha256(bytes);
  put({Kind::chunk, id}, bytes);
  return id;
}

Id StoreWriter::put_record(std::string_view canonical_json) {
  const Id id = sha256(canonical_json);
  put({Kind::record, id}, bytes_of(canonical_json));
  return id;
}

Id StoreWriter::put_tree(std::string_view encoded) {
  const Id id = sha256(encoded);
  put({Kind::tree, id}, bytes_of(encoded));
  return id;
}

void StoreWriter::put_recipe(const Recipe& recipe) { put({Kind::file, recipe.file}, bytes_of(encode_recipe(recipe))); }

ObjectRef StoreWriter::put_file(std::span<const std::byte> bytes) {
  const std::size_t first = first_chunk(bytes);
  if (first == bytes.size()) return {Kind::file, put_chunk(bytes), bytes.size()};
  // Chunk by chunk also where the recipe is there: a kill between the renames of two packs may have left it without
  // some.
  Recipe recipe{sha256(bytes), bytes.size(), {}};
  for (std::size_t at = 0, length = first; at < bytes.size(); at += length) {
    if (at > 0) length = first_chunk(bytes.subspan(at));
    recipe.chunks.push_back({put_chunk(bytes.subspan(at, length)), static_cast<std::uint32_t>(length)});
  }
  put_recipe(recipe);
  return {Kind::file, recipe.file, recipe.size};
}

ObjectRef StoreWriter::put_file(int fd, const fs::path& name) {
  const Recipe recipe = LargeFile(*this, store_.layout(), fd, name, link_).run();
  return {Kind::file, recipe.file, recipe.size};
}

void StoreWriter::add_shared(std::unique_ptr<PackBuilder> pack, const FileStat& as_read, const fs::path& file) {
  {
    const std::lock_guard lock(mutex_);
    shared_.push_back({pack.get(), as_read, file});
  }
  add_plain(std::move(pack));
}

void StoreWriter::add_plain(std::unique_ptr<PackBuilder> pack) {
  for (const auto& entry : pack->entries()) {
    Shard& shard = shards_[entry.key.id.bytes[0] % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    shard.claimed.insert(entry.key);
  }
  new_bytes_ += pack->size();
  const std::lock_guard lock(mutex_);
  full_.push_back(std::move(pack));
}

std::vector<std::unique_ptr<PackBuilder>> StoreWriter::take_packs() {
  const std::lock_guard lock(mutex_);
  if (current_) full_.push_back(std::move(current_));
  return std::exchange(full_, {});
}

// gc may be about to delete an old pack of the same name, which it must not do once the new one is there, and to drop
// the entries of packs that are not there from the list of those to be verified.
void StoreWriter::publish(const std::vector<std::unique_ptr<PackBuilder>>& packs, const std::vector<Shared>& shared) {
  const auto beside_others = FileLock::shared(store_.layout().publish_lock());
  std::map<Id, std::optional<VerifiedPack>> to_verify;
  for (const auto& one : shared) to_verify[one.pack->name()] = std::nullopt;
  VerifiedPacks::note(store_.layout(), to_verify);
  for (const auto& pack : packs) pack->publish_pack();
  sync_directory(store_.layout().packs());
  for (const auto& pack : packs) {
    pack->publish_index();
    written_.push_back(pack->name());
  }
  sync_directory(store_.layout().packs());
}

// Others may write to such a pack through the file's own name. What relies on it is not there yet, and the file stays
// as it is.
void StoreWriter::check_unchanged(const std::vector<Shared>& shared) {
  for (const auto& one : shared) {
    struct stat info {};
    if (::fstat(one.pack->fd(), &info) != 0 || !same_bytes(file_stat(info), one.as_read))
      throw input_error("\"" + printable(one.file.string()) + "\" changes while it is added",
                        "wait until nothing writes to it, then run the command again");
  }
}

// What was changed since is to be verified.
void StoreWriter::note_unchanged(const std::vector<Shared>& shared) const {
  std::map<Id, FileStat> verified;
  for (const auto& one : shared) {
    struct stat info {};
    if (::fstat(one.pack->fd(), &info) == 0 && same_bytes(file_stat(info), one.as_read))
      verified[one.pack->name()] = file_stat(info);
  }
  if (!verified.empty()) note_verified(store_.layout(), verified, true);
}

void StoreWriter::commit() {
  const auto packs = take_packs();
  if (failed_)
    throw outside_error("nothing of what was put is kept: it could not be written whole", "run the command again");
  if (packs.empty()) return;
  publish_all(packs);
  store_.refresh();
  if (store_.packs()->multi_index_worth_writing()) {
    store_.write_multi_index();
    store_.refresh();
  }
  packs_ = store_.packs();
  changed_.clear();
  look_at_shared_packs();
}

void StoreWriter::publish_all(const std::vector<std::unique_ptr<PackBuilder>>& packs) {
  const Unfinished all(failed_);
  parallel_for(packs.size(), [&](std::size_t i) { packs[i]->seal(); });
  const auto shared = std::exchange(shared_, {});
  check_unchanged(shared);
  publish(packs, shared);
  note_unchanged(shared);
}

}  // namespace mlops::store
