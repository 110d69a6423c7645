// Writes anew what a store has lost, out of files that still hold it.
#pragma once

#include <memory>
#include <set>

#include "store/object_key.h"
#include "store/store.h"

namespace mlops::store {

// A writer that takes of all that is put only what is among `lost`, even where an index of the store says that it is
// there. What else is put counts as being there, but for files of which something is lost. What is put is what its hash
// says: the file that it comes from need not be the one that it was. `store` and `lost` stay alive.
class Healer : public Writer {
 public:
  Healer(Store& store, const std::set<Key>& lost);
  ~Healer() override;

  [[nodiscard]] bool holds_file(const Id& id) const override;
  [[nodiscard]] bool holds_tree(const Id& id) const override;
  Id put_chunk(std::span<const std::byte> bytes) override;
  Id put_record(std::string_view canonical_json) override;
  Id put_tree(std::string_view encoded) override;
  ObjectRef put_file(std::span<const std::byte> bytes) override;
  ObjectRef put_file(int fd, const fs::path& name) override;
  void commit() override;
  [[nodiscard]] std::uint64_t new_bytes() const override;
  // Objects that were put.
  [[nodiscard]] std::uint64_t healed() const;

 private:
  class Steps;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlops::store
