// A store in a directory of its own, and bytes that look random but are the same each time.
#pragma once

#include <random>

#include "base/file.h"
#include "base/hash.h"
#include "store/store.h"

namespace mlops::store {

struct Scratch {
  fs::path root = fs::temp_directory_path() / ("mlops-unit-" + random_hex(12));
  fs::path directory = root / "store";
  Scratch() {
    fs::create_directories(root);
    Store::create(directory);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::unique_ptr<Store> open() const { return Store::open(directory); }
};

inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

inline std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace mlops::store
