// What the routes of a tracking server work on: the repository, its tracking tables, and the one way in for writes.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data/repository.h"
#include "meta/tracking.h"
#include "track/api_error.h"
#include "track/commits.h"
#include "track/fields.h"
#include "web/router.h"

namespace mlops::track {

class Sealer;
class RegistryView;

// Thread-safe. What it gives to callbacks is theirs until they return.
class Service {
 public:
  // Opens nothing yet: the first read or write does.
  explicit Service(data::Repository& repository);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // A consistent look at the tables, with what others sealed already in them.
  void read(const std::function<void(meta::TrackingTables&)>& work);
  // One write: whole or not at all, durable on return.
  void write(const std::function<void(meta::TrackingTables&)>& work);
  // Takes over records that other processes sealed.
  void catch_up();

  [[nodiscard]] data::Repository& repository() { return repository_; }
  [[nodiscard]] RegistryView& registry() { return *registry_; }
  // Something that has ended changed: the sealer should look.
  void changed();
  void wait_for_change(std::unique_lock<std::mutex>& lock, Micros until, const std::stop_token& stop);
  std::mutex change_mutex;

  std::string user{};  // who a run is by that names nobody

 private:
  void read_now(const std::function<void(meta::TrackingTables&)>& work);
  data::Repository& repository_;
  void open();
  std::once_flag opened_;
  std::unique_ptr<meta::TrackingTables> writing_;
  std::unique_ptr<Commits> commits_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<meta::TrackingTables>> readers_;
  std::unique_ptr<RegistryView> registry_;
  std::condition_variable_any change_;
  bool changed_ = false;
};

// On whose behalf this thread answers a request: a stage of a pipeline, of whose run the runs it makes are children.
struct Caller {
  std::string parent_run;
  std::vector<std::string> runs{};  // made by it so far
  std::mutex mutex{};
};
Caller* current_caller();
class CallerScope {
 public:
  explicit CallerScope(Caller* caller);
  ~CallerScope();
  CallerScope(const CallerScope&) = delete;
  CallerScope& operator=(const CallerScope&) = delete;

 private:
  Caller* before_;
};

// One call of the API. The answer is the text of a JSON object.
using Call = std::string (*)(Service&, const Fields&);
struct Endpoint {
  const char* method;
  const char* path;  // below /api
  web::Permission permission;
  Call call;
  std::vector<std::string> names{};  // fields that the parts of the path are
};
std::vector<Endpoint> experiment_endpoints();
std::vector<Endpoint> run_endpoints();
std::vector<Endpoint> metric_endpoints();
std::vector<Endpoint> logged_model_endpoints();
std::vector<Endpoint> registry_endpoints();
std::vector<Endpoint> artifact_endpoints();  // the JSON ones; bytes go through artifact_routes

// Under /api and /ajax-api.
std::vector<web::Route> routes_of(Service& service, const std::vector<Endpoint>& endpoints);
std::vector<web::Route> artifact_routes(Service& service);
std::vector<web::Route> page_routes();
// Everything a tracking server answers.
std::vector<web::Route> all_routes(Service& service, std::function<std::string()> metrics);

}  // namespace mlops::track
