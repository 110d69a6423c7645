#include "web/metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iterator>

#include "base/file.h"

namespace mlops::web {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view labels, std::string_view more,
                 double value) {
  const char* comma = labels.empty() || more.empty() ? "" : ",";
  fmt::format_to(std::back_inserter(out), "{}{{{}{}{}}} {}\n", name, labels, comma, more, value);
}

std::uint64_t resident_bytes() {
  const std::string text = read_file("/proc/self/statm", 4096);
  unsigned long pages = 0;
  if (std::sscanf(text.c_str(), "%*u %lu", &pages) != 1) return 0;
  return std::uint64_t{pages} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
  std::error_code ignored;
  const std::filesystem::directory_iterator entries("/proc/self/fd", ignored);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

const Micros k_started = now_micros();

}  // namespace

void Histogram::add(Micros latency) {
  const double seconds = static_cast<double>(latency) * 1e-6;
  std::size_t bucket = 0;
  while (bucket < k_latency_bounds.size() && seconds > k_latency_bounds[bucket]) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  micros_.fetch_add(static_cast<std::uint64_t>(latency < 0 ? 0 : latency), std::memory_order_relaxed);
}

void Histogram::show(std::string& out, std::string_view name, std::string_view labels) const {
  std::uint64_t count = 0;
  const std::string bucket = fmt::format("{}_bucket", name);
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    count += buckets_[i].load(std::memory_order_relaxed);
    const std::string bound = i < k_latency_bounds.size() ? fmt::format("{}", k_latency_bounds[i]) : "+Inf";
    append_line(out, bucket, labels, fmt::format("le=\"{}\"", bound), static_cast<double>(count));
  }
  append_line(out, fmt::format("{}_sum", name), labels, "",
              static_cast<double>(micros_.load(std::memory_order_relaxed)) * 1e-6);
  append_line(out, fmt::format("{}_count", name), labels, "", static_cast<double>(count));
}

Metrics::Metrics(const std::vector<Route>& routes) : counters_(routes.size() + 1) {
  for (const auto& route : routes)
    labels_.push_back(fmt::format("method=\"{}\",route=\"{}\"", label_text(route.method), label_text(route.pattern)));
  labels_.emplace_back("method=\"\",route=\"\"");
}

void Metrics::count(std::size_t route, int status, Micros latency) {
  Counters& counters = counters_[route];
  counters.statuses[static_cast<std::size_t>(status) % k_statuses].fetch_add(1, std::memory_order_relaxed);
  counters.latency.add(latency);
}

std::string Metrics::text() const {
  std::string out = "# HELP mlops_http_requests_total Requests answered.\n# TYPE mlops_http_requests_total counter\n";
  std::vector<std::size_t> seen;
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    bool any = false;
    for (std::size_t status = 0; status < k_statuses; ++status)
      if (const auto value = counters_[i].statuses[status].load(std::memory_order_relaxed); value > 0) {
        append_line(out, "mlops_http_requests_total", labels_[i], fmt::format("status=\"{}\"", status),
                    static_cast<double>(value));
        any = true;
      }
    if (any) seen.push_back(i);
  }
  out +=
      "# HELP mlops_http_request_seconds From the request's header to its answer.\n# TYPE mlops_http_request_seconds "
      "histogram\n";
  for (const auto i : seen) counters_[i].latency.show(out, "mlops_http_request_seconds", labels_[i]);
  out += fmt::format(
      "# HELP mlops_http_requests_in_flight Requests being answered.\n# TYPE mlops_http_requests_in_flight gauge\n"
      "mlops_http_requests_in_flight {}\n"
      "# HELP mlops_http_connections Open connections.\n# TYPE mlops_http_connections gauge\nmlops_http_connections "
      "{}\n",
      in_flight.load(), connections.load());
  return out + process_metrics();
}

std::string label_text(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
  return out;
}

std::string process_metrics() {
  return fmt::format(
      "# HELP process_cpu_seconds_total Processor time.\n# TYPE process_cpu_seconds_total "
      "counter\nprocess_cpu_seconds_total {}\n"
      "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes "
      "gauge\nprocess_resident_memory_bytes {}\n"
      "# HELP process_open_fds Open descriptors.\n# TYPE process_open_fds gauge\nprocess_open_fds {}\n"
      "# HELP process_start_time_seconds Start, since 1970.\n# TYPE process_start_time_seconds "
      "gauge\nprocess_start_time_seconds {}\n",
      cpu_seconds(), resident_bytes(), open_descriptors(), static_cast<double>(k_started) * 1e-6);
}

}  // namespace mlops::web
