// Keeps what registered models were asked and answered. A request pays for a move into a queue; one thread does the
// rest: appends frames, flushes every second, closes segments at 64 MiB, ten minutes and the end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/traffic_segment.h"

namespace mlops::serve {

class TrafficLog {
 public:
  // `repository` is used under `mutex`. `tell` gets a line when the log can't be written (once until it works again).
  TrafficLog(data::Repository& repository, std::mutex& mutex, std::function<void(const std::string&)> tell);
  ~TrafficLog();  // closes the segments
  TrafficLog(const TrafficLog&) = delete;
  TrafficLog& operator=(const TrafficLog&) = delete;

  // Never waits for the disk. Calls of models without a version record are not kept; when the queue is full calls are
  // dropped and counted.
  void add(Call&& call) noexcept;
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t logged() const { return logged_; }

 private:
  void work(const std::stop_token& stop);
  void write(std::vector<Call> calls);
  void rotate(bool all);
  void guarded(const std::function<void()>& step);

  data::Repository& repository_;
  std::mutex& repository_mutex_;
  std::function<void(const std::string&)> tell_;
  std::mutex mutex_;  // guards the queue
  std::condition_variable_any wake_;
  std::vector<Call> queue_;
  std::size_t queued_bytes_ = 0;
  std::atomic<std::uint64_t> dropped_{0}, logged_{0};
  std::uint64_t told_dropped_ = 0;
  bool troubled_ = false;
  std::map<Id, Segment> segments_;  // by the model version's record; only the thread's
  std::jthread thread_;
};

}  // namespace mlops::serve
