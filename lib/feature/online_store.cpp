#include "feature/online_store.h"

#include <utility>

namespace mlops::feature {

OnlineStore::OnlineStore(const std::filesystem::path& folder) : folder_(folder), engine_(lmdb_engines().open(folder)) {}

std::unique_ptr<OnlineStore> OnlineStore::open(const std::filesystem::path& folder) {
  return std::unique_ptr<OnlineStore>(new OnlineStore(folder));
}

std::unique_ptr<OnlineStore> OnlineStore::open_if_there(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / "data.mdb", ignored) ? open(folder) : nullptr;
}

void OnlineStore::commit(const std::vector<Waiting*>& group) {
  std::exception_ptr failure;
  try {
    engine_->write([&](Transaction& transaction) {
      for (const auto* one : group) (*one->work)(transaction);
    });
  } catch (...) {
    failure = std::current_exception();
  }
  for (auto* one : group) one->failure = failure;
}

// Whoever comes while nobody writes, writes for all who have come by then.
void OnlineStore::write(const Work& work) {
  Waiting mine{&work};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  changed_.wait(lock, [&] { return mine.done || !writing_; });
  if (!mine.done) {
    const auto group = std::exchange(waiting_, {});
    writing_ = true;
    lock.unlock();
    commit(group);
    lock.lock();
    writing_ = false;
    for (auto* one : group) one->done = true;
    changed_.notify_all();
  }
  if (mine.failure) std::rethrow_exception(mine.failure);
}

}  // namespace mlops::feature
