// The online store of a repository: the newest row of every entity key, one file of LMDB in .mlops/online.
#pragma once

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "feature/online_engine.h"

namespace mlops::feature {

// Thread-safe. One object a process and folder.
class OnlineStore {
 public:
  using Work = std::function<void(Transaction&)>;

  // Makes it where it is missing.
  static std::unique_ptr<OnlineStore> open(const std::filesystem::path& folder);
  // nullptr where nothing has been written yet.
  static std::unique_ptr<OnlineStore> open_if_there(const std::filesystem::path& folder);

  [[nodiscard]] std::unique_ptr<Snapshot> read() { return engine_->read(); }
  // Durable when it returns. Works that wait at the same time share one transaction and one sync; where one throws,
  // none of that transaction is there and all of them throw.
  void write(const Work& work);
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Waiting {
    const Work* work;
    bool done = false;
    std::exception_ptr failure{};
  };
  explicit OnlineStore(const std::filesystem::path& folder);
  void commit(const std::vector<Waiting*>& group);

  std::filesystem::path folder_;
  std::unique_ptr<OnlineEngine> engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waiting_;
  bool writing_ = false;
};

}  // namespace mlops::feature
