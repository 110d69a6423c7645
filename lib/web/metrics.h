// What a server counts about itself, as Prometheus text (exposition format 0.0.4). Counting is lock-free.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "web/router.h"

namespace mlops::web {

inline constexpr std::array<double, 16> k_latency_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                         0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

// Seconds, cumulative only when shown.
class Histogram {
 public:
  void add(Micros latency);
  // NAME_bucket{LABELS,le="…"}, NAME_sum, NAME_count lines; `labels` without braces, may be empty.
  void show(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::array<std::atomic<std::uint64_t>, k_latency_bounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> micros_{0};
};

class Metrics {
 public:
  explicit Metrics(const std::vector<Route>& routes);

  // `route` is an index into the table; its size stands for requests that no route took.
  void count(std::size_t route, int status, Micros latency);
  std::atomic<std::int64_t> in_flight{0}, connections{0};
  [[nodiscard]] std::string text() const;

 private:
  static constexpr std::size_t k_statuses = 600;
  struct Counters {
    std::array<std::atomic<std::uint64_t>, k_statuses> statuses{};
    Histogram latency;
  };
  std::vector<std::string> labels_;
  std::vector<Counters> counters_;
};

// A label's value: backslash, quote and newline escaped.
std::string label_text(std::string_view value);
// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_start_time_seconds.
std::string process_metrics();

}  // namespace mlops::web
