#include "store/heal.h"

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "store/bytes.h"
#include "store/chunker.h"
#include "store/file_ingest.h"
#include "store/recipe.h"
#include "store/store_writer.h"

namespace mlops::store {

struct Healer::State {
  State(LocalStore& local, const std::set<Key>& keys) : store(local), lost(keys), writer(local, true) {}
  LocalStore& store;
  const std::set<Key>& lost;
  StoreWriter writer;
  std::atomic<std::uint64_t> healed{0};

  bool wants(const Key& key) {
    if (!lost.contains(key)) return false;
    ++healed;
    return true;
  }
  void put(const Recipe& recipe) {
    if (recipe.chunks.size() > 1 && wants({Kind::file, recipe.file})) writer.put_recipe(recipe);
  }
};

// A large file, cut as it was when it was added.
class Healer::Steps : public IngestSteps {
 public:
  explicit Steps(Healer& healer) : healer_(healer) {}
  Id put(std::span<const std::byte> chunk) override { return healer_.put_chunk(chunk); }
  void write(std::span<const std::byte>, std::uint64_t) override {}
  void seen(std::span<const ChunkRef>) override {}

 private:
  Healer& healer_;
};

Healer::Healer(Store& store, const std::set<Key>& lost)
    : state_(std::make_unique<State>(dynamic_cast<LocalStore&>(store), lost)) {}
Healer::~Healer() = default;

bool Healer::holds_file(const Id& id) const {
  const auto& lost = state_->lost;
  if (lost.contains({Kind::chunk, id}) || lost.contains({Kind::file, id})) return false;
  if (state_->store.has(Kind::chunk, id) || !state_->store.has(Kind::file, id)) return true;
  try {
    const Recipe recipe = decode_recipe(state_->store.get(Kind::file, id), id);
    return std::none_of(recipe.chunks.begin(), recipe.chunks.end(), [&](const ChunkRef& chunk) {
      return lost.contains({Kind::chunk, chunk.id});
    });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    return false;
  }
}

bool Healer::holds_tree(const Id&) const { return false; }  // what is below it may be lost

Id Healer::put_chunk(std::span<const std::byte> bytes) {
  const Id id = sha256(bytes);
  return state_->wants({Kind::chunk, id}) ? state_->writer.put_chunk(bytes) : id;
}

Id Healer::put_record(std::string_view canonical_json) {
  const Id id = sha256(canonical_json);
  return state_->wants({Kind::record, id}) ? state_->writer.put_record(canonical_json) : id;
}

Id Healer::put_tree(std::string_view encoded) {
  const Id id = sha256(encoded);
  return state_->wants({Kind::tree, id}) ? state_->writer.put_tree(encoded) : id;
}

ObjectRef Healer::put_file(std::span<const std::byte> bytes) {
  Recipe recipe{sha256(bytes), bytes.size(), {}};
  for (std::size_t at = 0, length = 0; at < bytes.size() || recipe.chunks.empty(); at += length) {
    length = first_chunk(bytes.subspan(at));
    recipe.chunks.push_back({put_chunk(bytes.subspan(at, length)), static_cast<std::uint32_t>(length)});
  }
  state_->put(recipe);
  return {Kind::file, recipe.file, recipe.size};
}

ObjectRef Healer::put_file(int fd, const fs::path& name) {
  Steps steps(*this);
  const Recipe recipe = FileIngest(fd, name, steps).run();
  state_->put(recipe);
  return {Kind::file, recipe.file, recipe.size};
}

void Healer::commit() { state_->writer.commit(); }
std::uint64_t Healer::new_bytes() const { return state_->writer.new_bytes(); }
std::uint64_t Healer::healed() const { return state_->healed; }

}  // namespace mlops::store
