// Group commit: whoever comes first does the work of all who wait, in one transaction with one fsync.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "meta/tracking.h"

namespace mlops::track {

class Commits {
 public:
  explicit Commits(meta::TrackingTables& tables) : tables_(tables) {}
  // Calls work() inside a transaction; durable on return. Throws what work() threw: then nothing of it is done.
  void run(const std::function<void()>& work);

 private:
  struct Waiting {
    const std::function<void()>* work;
    bool done = false;
    std::exception_ptr error{};
  };
  void lead(std::unique_lock<std::mutex>& lock);

  meta::TrackingTables& tables_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Waiting*> queue_;
  bool leading_ = false;
};

}  // namespace mlops::track
