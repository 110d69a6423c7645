// The routes of a feature server, as Feast's clients know them: design of the feature interface, share/doc/features.md.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "feature/catalog.h"
#include "feature/online_store.h"
#include "web/router.h"

namespace mlops::feature {

// What the routes answer from. Must outlive the server.
class FeatureRoutes {
 public:
  FeatureRoutes(Catalog& catalog, OnlineStore& store, std::filesystem::path root)
      : catalog_(catalog), store_(store), root_(std::move(root)) {}

  [[nodiscard]] std::vector<web::Route> table();
  // Adds its text to /metrics.
  std::function<std::string()> metrics{};
  // Gets a line about what fails in the background.
  std::function<void(const std::string&)> tell{};
  std::atomic<bool> healthy{true};  // the definitions could be read
  // Waits for a materialization in the background to stop.
  void end();

 private:
  web::Response look_up(const web::Request& request);
  web::Response push(const web::Request& request);
  web::Response write_online(const web::Request& request);
  web::Response materialize(const web::Request& request, bool incremental);
  web::Response start_materializing(std::vector<std::string> views, std::function<void(const std::stop_token&)> work,
                                    bool force);

  Catalog& catalog_;
  OnlineStore& store_;
  std::filesystem::path root_;
  std::mutex background_mutex_;
  std::vector<std::jthread> background_;
  std::atomic<int> running_{0};
};

}  // namespace mlops::feature
