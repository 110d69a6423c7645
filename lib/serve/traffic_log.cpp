#include "serve/traffic_log.h"

#include <chrono>

namespace mlops::serve {
namespace {

constexpr auto k_flush_every = std::chrono::seconds(1);
constexpr std::size_t k_queue_calls = 100'000;
constexpr std::size_t k_queue_bytes = std::size_t{64} << 20;
constexpr std::size_t k_wake_bytes = std::size_t{8} << 20;
constexpr std::uint64_t k_segment_bytes = std::uint64_t{64} << 20;
constexpr Micros k_segment_time = Micros{600} * 1'000'000;

std::size_t weight(const Call& call) {
  std::size_t out = sizeof(Call) + call.request_id.size();
  for (const auto* tensors : {&call.inputs, &call.outputs})
    for (const auto& tensor : *tensors) {
      out += sizeof(Tensor) + tensor.bytes.size();
      for (const auto& text : tensor.texts) out += sizeof text + text.size();
    }
  return out;
}

}  // namespace

TrafficLog::TrafficLog(data::Repository& repository, std::mutex& mutex, std::function<void(const std::string&)> tell)
    : repository_(repository),
      repository_mutex_(mutex),
      tell_(std::move(tell)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

TrafficLog::~TrafficLog() {
  thread_.request_stop();
  thread_.join();
}

void TrafficLog::add(Call&& call) noexcept {
  if (!call.model->record) return;
  try {
    const std::size_t bytes = weight(call);
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= k_queue_calls || queued_bytes_ + bytes > k_queue_bytes) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(call));
    queued_bytes_ += bytes;
    if (queued_bytes_ > k_wake_bytes) wake_.notify_one();
  } catch (const std::exception&) {  // no memory for the queue
    ++dropped_;
  }
}

void TrafficLog::work(const std::stop_token& stop) {
  guarded([&] { close_dead_segments(repository_, repository_mutex_); });
  bool stopping = false;
  while (!stopping) {
    std::vector<Call> calls;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, k_flush_every, [&] { return queued_bytes_ > k_wake_bytes; });
      stopping = stop.stop_requested();
      calls.swap(queue_);
      queued_bytes_ = 0;
    }
    guarded([&] { write(std::move(calls)); });
    guarded([&] { rotate(stopping); });
  }
}

void TrafficLog::write(std::vector<Call> calls) {
  for (const auto& call : calls) {
    auto found = segments_.find(*call.model->record);
    if (found == segments_.end())
      found = segments_.try_emplace(*call.model->record, traffic_directory(repository_), *call.model).first;
    found->second.add(call);
    ++logged_;
  }
  for (auto& [version, segment] : segments_) segment.flush();
  if (!calls.empty()) troubled_ = false;
}

void TrafficLog::rotate(bool all) {
  const Micros now = now_micros();
  for (auto at = segments_.begin(); at != segments_.end();) {
    const Segment& segment = at->second;
    if (!all && segment.size() < k_segment_bytes && now - segment.started() < k_segment_time) {
      ++at;
      continue;
    }
    const std::uint64_t dropped = dropped_;
    (void)close_segment(repository_, repository_mutex_, segment.file(), dropped - told_dropped_);
    told_dropped_ = dropped;
    at = segments_.erase(at);
  }
}

// Serving goes on without a log when the disk is full or the store can't be written.
void TrafficLog::guarded(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& error) {
    if (!troubled_) tell_(std::string("the traffic log can't be written: ") + error.what());
    troubled_ = true;
  }
}

}  // namespace mlops::serve
