// The store in a directory of this machine.
#pragma once

#include <memory>
#include <mutex>

#include "store/layout.h"
#include "store/pack_set.h"
#include "store/recipe.h"
#include "store/store.h"

namespace mlops::store {

class LocalStore : public Store {
 public:
  explicit LocalStore(fs::path directory);

  [[nodiscard]] bool has(Kind kind, const Id& id) const override;
  [[nodiscard]] bool has_file(const Id& id) const override;
  [[nodiscard]] std::string get(Kind kind, const Id& id) const override;
  void read_file(const Id& id, const Sink& sink) const override;
  [[nodiscard]] std::string read_whole_file(const Id& id, std::uint64_t limit) const override;
  [[nodiscard]] std::string read_range(const Id& id, std::uint64_t offset, std::uint64_t length) const override;
  [[nodiscard]] std::uint64_t file_size(const Id& id) const override;
  [[nodiscard]] std::vector<Id> find(Kind kind, std::string_view prefix, std::size_t limit) const override;
  void for_each(Kind kind, const std::function<void(const Id&)>& visit) const override;
  std::unique_ptr<Writer> writer() override;
  [[nodiscard]] std::shared_ptr<void> hold() override;
  void refresh() override;
  [[nodiscard]] const fs::path& directory() const override { return layout_.root; }

  [[nodiscard]] const Layout& layout() const { return layout_; }
  // The packs as last seen; loaded on first use.
  [[nodiscard]] std::shared_ptr<const PackSet> packs() const;
  // Writes the multi-pack index anew.
  void write_multi_index();

 private:
  [[nodiscard]] std::shared_ptr<const PackSet> look_again(const PackSet* seen) const;
  // Whether a file is one chunk or has a recipe; only where it seems to be neither are the packs looked at again.
  [[nodiscard]] std::optional<Kind> kind_of_file(const Id& id) const;
  [[nodiscard]] bool is_one_chunk(const Id& id) const { return kind_of_file(id) == Kind::chunk; }
  [[nodiscard]] std::string get_elsewhere(const Key& key, const PackSet* seen) const;
  [[nodiscard]] Recipe recipe_of(const Id& id) const;
  Layout layout_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const PackSet> packs_;
};

}  // namespace mlops::store
