// What this server serves, and since when, as sealed records (share/doc/records.md, type "deployment"): one when it
// begins to serve a version, one more when that ends. A file with a lock stands for each that goes on, so that the next
// start ends those of killed processes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/repository.h"
#include "serve/model.h"

namespace mlops::serve {

class Deployments {
 public:
  // `repository` is used under `mutex`. `address` is where the server listens; `features` tells, at any time, which
  // feature service completes inputs and by which definitions (null: none). `tell` gets a line where a record can't be
  // written: the server goes on.
  Deployments(data::Repository& repository, std::mutex& mutex, std::string address, std::function<Json()> features,
              std::function<void(const std::string&)> tell);
  ~Deployments();  // ends all of them
  Deployments(const Deployments&) = delete;
  Deployments& operator=(const Deployments&) = delete;

  // Begins what is new among the loaded models and ends what is gone; those without a version record are nobody's.
  // Called about every second: the files say by it until when a killed process lived. One thread at a time.
  void follow(const std::vector<std::shared_ptr<const Model>>& loaded);

 private:
  struct Running {
    Json record;  // the one that began it
    Id id;        // of the record
    fs::path file;
    FileLock lock;
  };
  void begin(const std::string& key, const Model& model, const Json& features);
  void end(Running& running, const std::string& how, const std::string& next);
  void guarded(const std::function<void()>& step);

  data::Repository& repository_;
  std::mutex& mutex_;
  std::string address_;
  std::function<Json()> features_;
  std::function<void(const std::string&)> tell_;
  std::map<std::string, Running> running_;  // by what tells one from another
  Micros touched_ = 0;
  bool troubled_ = false;
};

// Ends the deployments of processes that are gone, with the time when they were last seen. Killed in between, it does
// the same again and comes to the same records.
void close_dead_deployments(data::Repository& repository, std::mutex& mutex);

}  // namespace mlops::serve
