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
#include "feature/selection.h"
#include "monitor/labels.h"
#include "serve/deployments.h"
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
    if (repository_ != nullptr) {
      deployments_ = std::make_unique<Deployments>(
          *repository_, repository_mutex_, address_of(server.url()), [this] { return features_now(); }, tell);
      deployments_->follow(models_.loaded());
    }
    std::jthread following([&](const std::stop_token& ended) { follow(ended, tell); });
    ready(server.url());
    server.run(stop);
    following = {};  // it is done with the store
    deployments_.reset();
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

  // The service that completes inputs, with its definition and those of its views: null without one.
  Json features_now() const {
    if (catalog_ == nullptr) return nullptr;
    const auto registry = catalog_->registry();
    const auto service = registry->services.find(options_.features);
    if (service == registry->services.end()) return {{"service", options_.features}};
    Json views = Json::array();
    for (const auto& part : feature::select_service(*registry, options_.features).parts)
      views.push_back({{"view", part.view().name}, {"hash", part.applied->version.hash.hex()}});
    return {{"service", options_.features}, {"hash", service->second.version.hash.hex()}, {"views", std::move(views)}};
  }

  // "127.0.0.1:8000" of "http://127.0.0.1:8000".
  static std::string address_of(const std::string& url) {
    const auto scheme = url.find("://");
    return scheme == std::string::npos ? url : url.substr(scheme + 3);
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
      if (deployments_ != nullptr) deployments_->follow(models_.loaded());
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
  std::unique_ptr<Deployments> deployments_;
};

}  // namespace

void run_server(const ServeOptions& options, const std::stop_token& stop,
                const std::function<void(const std::string&)>& ready,
                const std::function<void(const std::string&)>& tell) {
  Running(options).run(stop, ready, tell);
}

}  // namespace mlops::serve
