#include "feature/as_of.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

constexpr std::size_t k_keys_at_once = 4096;

// Never negative, also for times that are centuries apart.
std::uint64_t age_of(Micros event, Micros time) {
  return static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(event);
}

}  // namespace

AsOf::AsOf(const ViewRows& rows, std::uint32_t size) : starts_(std::size_t{size} + 1, 0) {
  if (rows.keys.size() >= k_no_row)
    throw input_error("a view of " + show_count(rows.keys.size()) + " rows is more than a join takes");
  const auto counts = [&](std::size_t row) {
    return rows.keys[row] != k_no_key && (rows.valid.empty() || rows.valid[row] != 0);
  };
  for (std::size_t row = 0; row < rows.keys.size(); ++row)
    if (counts(row)) ++starts_[rows.keys[row] + 1];
  for (std::size_t key = 0; key < size; ++key) starts_[key + 1] += starts_[key];
  events_.resize(starts_.back());
  std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
  for (std::size_t row = 0; row < rows.keys.size(); ++row)
    if (counts(row))
      events_[next[rows.keys[row]]++] = {rows.times[row], rows.created.empty() ? k_no_created : rows.created[row],
                                         static_cast<std::uint32_t>(row)};
  const auto before = [](const Event& a, const Event& b) {
    return std::tie(a.time, a.created) < std::tie(b.time, b.created);
  };
  parallel_for((size + k_keys_at_once - 1) / k_keys_at_once, [&](std::size_t block) {
    for (std::size_t key = block * k_keys_at_once; key < std::min<std::size_t>(size, (block + 1) * k_keys_at_once);
         ++key) {
      const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(starts_[key]);
      const auto end = events_.begin() + static_cast<std::ptrdiff_t>(starts_[key + 1]);
      if (!std::is_sorted(begin, end, before)) std::stable_sort(begin, end, before);
    }
  });
}

std::uint32_t AsOf::find(std::uint32_t key, Micros time, const AsOfRule& rule) const {
  if (key == k_no_key) return k_no_row;
  const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(starts_[key]);
  auto at = std::upper_bound(begin, events_.begin() + static_cast<std::ptrdiff_t>(starts_[key + 1]), time,
                             [](Micros value, const Event& event) { return value < event.time; });
  while (at != begin) {
    --at;
    if (rule.ttl > 0 && age_of(at->time, time) > static_cast<std::uint64_t>(rule.ttl)) return k_no_row;
    if (!rule.known_at || (at->created != k_no_created && at->created <= time)) return at->row;
  }
  return k_no_row;
}

}  // namespace mlops::feature
