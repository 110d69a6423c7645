// Codes for texts in order of first appearance: one open-addressed table, since columns of a million rows pass through
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace mlops::table {

// The views must stay valid as long as the encoder is used.
class DictionaryEncoder {
 public:
  std::uint32_t code(std::string_view text) {
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t hash = std::hash<std::string_view>{}(text);
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at] != k_empty) {
      if (entries_[slots_[at]] == text) return slots_[at];
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(text);
    return slots_[at];
  }
  [[nodiscard]] std::vector<std::string_view> take() { return std::move(entries_); }

 private:
  static constexpr std::uint32_t k_empty = 0xffffffff;

  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, k_empty);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      std::size_t at = std::hash<std::string_view>{}(entries_[i]) & (slots_.size() - 1);
      while (slots_[at] != k_empty) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = i;
    }
  }

  std::vector<std::uint32_t> slots_;
  std::vector<std::string_view> entries_;
};

}  // namespace mlops::table
