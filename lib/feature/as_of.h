// The as-of join itself: for a key and a time, the row of a view that was valid then. Rules: mlops feature join -h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "feature/keys.h"

namespace mlops::feature {

inline constexpr std::uint32_t k_no_row = 0xffffffff;
inline constexpr Micros k_no_created = INT64_MIN;  // loses against every time

// The rows of one view. `keys` and `times` have a value for each row; `valid` marks rows with an event time (empty:
// all). `created` may be empty: the view has none.
struct ViewRows {
  std::span<const std::uint32_t> keys;
  std::span<const Micros> times;
  std::span<const std::uint8_t> valid;
  std::span<const Micros> created;  // k_no_created where it is null
};

struct AsOfRule {
  Micros ttl = 0;         // 0 = never too old; else the greatest age, inclusive
  bool known_at = false;  // only rows that were made by then; rows without a created time are out
};

class AsOf {
 public:
  // Groups the rows by key and orders each group by event time, then created, then place in the file. `keys` < `size`,
  // or k_no_key: such rows are left out. At most 2^32 - 2 rows.
  AsOf(const ViewRows& rows, std::uint32_t size);
  // The row's number in the file, or k_no_row.
  [[nodiscard]] std::uint32_t find(std::uint32_t key, Micros time, const AsOfRule& rule) const;

 private:
  struct Event {
    Micros time, created;
    std::uint32_t row;
  };
  std::vector<Event> events_;
  std::vector<std::size_t> starts_;  // of each key's group; one more than there are keys
};

}  // namespace mlops::feature
