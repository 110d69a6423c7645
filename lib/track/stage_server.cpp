#include "track/stage_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "data/author.h"
#include "track/runs.h"
#include "track/sealer.h"
#include "web/server.h"

namespace mlops::track {
namespace {

constexpr std::string_view k_bearer = "Bearer ";

// The server of one run: the port is taken at once, its threads start with the first client.
class LoopbackServer {
 public:
  LoopbackServer(Service& service, std::function<Caller*(const std::string&)> caller_of)
      : caller_of_(std::move(caller_of)), wake_(::eventfd(0, EFD_CLOEXEC)) {
    web::ServerOptions options;
    options.workers = 8;
    options.refuse = refuse;
    options.drain_time = 2'000'000;
    auto routes = all_routes(service, [] { return std::string(); });
    for (auto& route : routes) guard(route);
    server_ = std::make_unique<web::Server>(options, std::move(routes));
    server_->listen();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~LoopbackServer() {
    thread_.request_stop();
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
    thread_.join();
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  [[nodiscard]] std::string url() const { return server_->url(); }

 private:
  void run(const std::stop_token& stop) {
    std::array<pollfd, 2> wait{{{server_->descriptor(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    while (!stop.stop_requested() && (wait[0].revents & POLLIN) == 0) ::poll(wait.data(), wait.size(), -1);
    if (!stop.stop_requested()) server_->run(stop);
  }

  // Only who shows a stage's token is answered.
  void guard(web::Route& route) {
    route.handler = [this, inner = std::move(route.handler)](const web::Request& request) {
      const std::string_view given = request.header("Authorization");
      Caller* caller = given.starts_with(k_bearer) ? caller_of_(std::string(given.substr(k_bearer.size()))) : nullptr;
      if (caller == nullptr) return error_response(401, "UNAUTHENTICATED", "the token of a running stage is needed");
      const CallerScope scope(caller);
      return inner(request);
    };
  }

  std::function<Caller*(const std::string&)> caller_of_;
  Fd wake_;
  std::unique_ptr<web::Server> server_;
  std::jthread thread_;
};

class StageServer : public pipeline::StageHooks {
 public:
  StageServer(data::Repository& repository, std::string experiment)
      : experiment_(std::move(experiment)), service_(repository) {
    service_.user = data::author(repository);
  }

  void before(const pipeline::Stage& stage, std::vector<std::pair<std::string, std::string>>& environment) override {
    if (server_ == nullptr)
      server_ =
          std::make_unique<LoopbackServer>(service_, [this](const std::string& token) { return caller_of(token); });
    auto caller = std::make_unique<Caller>();
    for (const auto& [name, value] : environment)
      if (name == "MLOPS_RUN_ID") caller->parent_run = value;
    const std::string token = random_hex(64);
    environment.emplace_back("MLFLOW_TRACKING_URI", server_->url());
    environment.emplace_back("MLFLOW_TRACKING_TOKEN", token);
    if (std::getenv("MLFLOW_EXPERIMENT_NAME") == nullptr && std::getenv("MLFLOW_EXPERIMENT_ID") == nullptr)
      environment.emplace_back("MLFLOW_EXPERIMENT_NAME", experiment_);
    const std::lock_guard lock(mutex_);
    callers_[token] = std::move(caller);
    tokens_[stage.name] = token;
  }

  void after(const pipeline::Stage& stage, pipeline::StageResult& result) override {
    const auto caller = take(stage.name);
    if (caller == nullptr || caller->runs.empty()) return;
    finish(caller->runs);
    seal_runs(service_, caller->runs);
    if (caller->runs.size() == 1) take_over(caller->runs.front(), result);
  }

 private:
  // The token is worth nothing from now on. Answers in progress hold the caller until they are done, so it stays.
  Caller* take(const std::string& stage) {
    const std::lock_guard lock(mutex_);
    const auto token = tokens_.find(stage);
    if (token == tokens_.end()) return nullptr;
    const auto caller = callers_.find(token->second);
    ended_.push_back(std::move(caller->second));
    callers_.erase(caller);
    tokens_.erase(token);
    return ended_.back().get();
  }

  Caller* caller_of(const std::string& token) {
    const std::lock_guard lock(mutex_);
    const auto found = callers_.find(token);
    return found == callers_.end() ? nullptr : found->second.get();
  }

  // What its client did not end was killed.
  void finish(const std::vector<std::string>& runs) {
    service_.write([&](meta::TrackingTables& tables) {
      for (const auto& id : runs) {
        auto run = tables.run(id);
        if (!run || has_ended(run->status)) continue;
        run->status = "KILLED";
        run->ended = now_millis();
        tables.update_run(*run);
        tables.touch_run(run->n);
      }
    });
  }

  // What a stage's only run logged counts as the stage's; its metrics files go before.
  void take_over(const std::string& id, pipeline::StageResult& result) {
    service_.read([&](meta::TrackingTables& tables) {
      const auto run = tables.run(id);
      if (!run) return;
      const auto view = tables.view(*run);
      for (const auto& point : view.metrics) result.metrics[point.key] = point.value;
      for (const auto& param : view.params) result.logged[param.key] = param.value;
    });
  }

  std::string experiment_;
  Service service_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Caller>> callers_;  // by token
  std::map<std::string, std::string> tokens_;               // by stage
  std::vector<std::unique_ptr<Caller>> ended_;
  std::unique_ptr<LoopbackServer> server_;
};

}  // namespace

std::unique_ptr<pipeline::StageHooks> stage_server(data::Repository& repository, const std::string& experiment) {
  const char* chosen = std::getenv("MLFLOW_TRACKING_URI");
  if (chosen != nullptr && *chosen != '\0') return std::make_unique<pipeline::StageHooks>();
  return std::make_unique<StageServer>(repository, experiment);
}

}  // namespace mlops::track
