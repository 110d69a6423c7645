#include "serve/runner.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "data/repository.h"
#include "feature/catalog.h"
#include "feature/online_store.h"
#include "monitor/labels.h"
#include "serve/service.h"
#include "serve/sources.h"
#include "serve/traffic_log.h"

namespace mlops::serve {
namespace {

constexpr auto k_follow_every = std::chrono::milliseconds(1000);

class Running {
 public:
  explicit Running(const ServeOptions& options) : options_(options), models_(options.limits), service_{models_} {
    if (!options.name.empty() && options.models.size() > 1) throw usage_error("--name is for a single model");
    const bool registered = std::any_of(options.models.begin(), options.models.end(), names_registry);
    if (registered || !options.features.empty()) repository_ = data::Repository::open();
  }

  void run(const std::stop_token& stop, const std::function<void(const std::string&)>& ready,
           const std::function<void(const std::string&)>& tell) {
    web::Server server(options_.web, routes());
    server.listen();  // a busy port is told before models are loaded
    open_features();
    load();
    if (repository_ != nullptr) log_ = std::make_unique<TrafficLog>(*repository_, repository_mutex_, tell);
    if (log_ != nullptr) service_.sink = [this](Call&& call) { log_->add(std::move(call)); };
    if (repository_ != nullptr)
      service_.labels = [this](const std::string& model, const monitor::LabelBatch& batch) {
        const std::lock_guard lock(repository_mutex_);
        return monitor::keep_labels(*repository_, model, batch, "http", "");
      };
    service_.metrics = [&] { return server.metrics().text() + log_metrics(); };
    const std::jthread following([&](const std::stop_token& ended) { follow(ended, tell); });
    ready(server.url());
    server.run(stop);
    log_.reset();  // the last calls into the store
  }

 private:
  std::vector<web::Route> routes() const {
    std::vector<web::Route> out;
    for (auto* make : {inference_routes, scoring_routes, label_routes, metrics_routes})
      for (auto& route : make(service_)) out.push_back(std::move(route));
    return out;
  }

  void open_features() {
    if (options_.features.empty()) return;
    catalog_ = std::make_unique<feature::Catalog>(repository_->database(), repository_mutex_);
    online_ = feature::OnlineStore::open(repository_->state() / "online");
    features_ = std::make_unique<FeatureInputs>(*catalog_, *online_, options_.features, options_.missing);
    service_.features = features_.get();
  }

  // Definitions that can't be read now leave the ones before in use.
  void follow_features(const std::function<void(const std::string&)>& tell) const {
    try {
      if (catalog_ != nullptr) catalog_->follow();
    } catch (const Error& error) {
      tell("feature definitions: " + error.message());
    }
  }

  void load() {
    for (const auto& spec : options_.models)
      models_.add(names_registry(spec) ? registry_source(*repository_, repository_mutex_, spec, options_.name)
                                       : file_source(spec, options_.name));
  }

  void follow(const std::stop_token& ended, const std::function<void(const std::string&)>& tell) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, ended, k_follow_every, [&] { return ended.stop_requested(); })) {
      models_.follow(tell);
      follow_features(tell);
    }
  }

  std::string log_metrics() const {
    const std::string features = catalog_ == nullptr ? "" : catalog_->metrics();
    if (log_ == nullptr) return features;
    return features +
           "# HELP mlops_traffic_dropped_total Calls that the traffic log had no room for.\n# TYPE "
           "mlops_traffic_dropped_total counter\n"
           "mlops_traffic_dropped_total " +
           std::to_string(log_->dropped()) + "\n";
  }

  const ServeOptions& options_;
  std::mutex repository_mutex_;
  std::unique_ptr<data::Repository> repository_;
  std::unique_ptr<feature::Catalog> catalog_;
  std::unique_ptr<feature::OnlineStore> online_;
  std::unique_ptr<FeatureInputs> features_;
  Models models_;
  Service service_;
  std::unique_ptr<TrafficLog> log_;
};

}  // namespace

void run_server(const ServeOptions& options, const std::stop_token& stop,
                const std::function<void(const std::string&)>& ready,
                const std::function<void(const std::string&)>& tell) {
  Running(options).run(stop, ready, tell);
}

}  // namespace mlops::serve
