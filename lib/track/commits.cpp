#include "track/commits.h"

namespace mlops::track {

void Commits::run(const std::function<void()>& work) {
  Waiting mine{&work};
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    if (leading_) {
      ready_.wait(lock);
      continue;
    }
    lead(lock);
  }
  lock.unlock();
  if (mine.error) std::rethrow_exception(mine.error);
}

// Takes all who wait now; who comes meanwhile is in the next group.
void Commits::lead(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  const std::vector<Waiting*> group = std::exchange(queue_, {});
  lock.unlock();
  std::vector<const std::function<void()>*> works;
  for (const auto* waiting : group) works.push_back(waiting->work);
  std::vector<std::exception_ptr> errors;
  try {
    errors = tables_.group(works);
  } catch (...) {
    errors.assign(works.size(), std::current_exception());
  }
  lock.lock();
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->error = errors[i];
    group[i]->done = true;
  }
  leading_ = false;
  ready_.notify_all();
}

}  // namespace mlops::track
