// Where the files of a store are. `tmp` and `leases` stand beside it, in .mlops.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/hash.h"

namespace mlops::store {

struct Layout {
  std::filesystem::path root;  // .mlops/store

  [[nodiscard]] std::filesystem::path packs() const { return root / "packs"; }
  [[nodiscard]] std::filesystem::path pack(const Id& name) const { return packs() / (name.hex() + ".pack"); }
  [[nodiscard]] std::filesystem::path index(const Id& name) const { return packs() / (name.hex() + ".index"); }
  [[nodiscard]] std::filesystem::path multi_index() const { return root / "multi.index"; }
  [[nodiscard]] std::filesystem::path condemned() const { return root / "condemned"; }
  // Held shared while packs are renamed in, alone while gc removes some.
  [[nodiscard]] std::filesystem::path publish_lock() const { return root / "publish.lock"; }
  [[nodiscard]] std::filesystem::path gc_lock() const { return root / "gc.lock"; }
  [[nodiscard]] std::filesystem::path tmp() const { return root.parent_path() / "tmp"; }
  [[nodiscard]] std::filesystem::path leases() const { return root.parent_path() / "leases"; }
};

}  // namespace mlops::store
