#include "feature/server.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "feature/feature_routes.h"
#include "feature/wire_body.h"

namespace mlops::feature {
namespace {

constexpr auto k_follow_every = std::chrono::milliseconds(1000);
// Pushes wait for the disk, and those that wait together share one sync.
constexpr unsigned k_workers = 16;

void follow(Catalog& catalog, FeatureRoutes& routes, const std::stop_token& ended) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, ended, k_follow_every, [&] { return ended.stop_requested(); })) {
    try {
      catalog.follow();
      routes.healthy = true;
    } catch (const std::exception&) {
      routes.healthy = false;
    }
  }
}

}  // namespace

void run_server(meta::Database& database, const Folders& folders, web::ServerOptions options,
                const std::stop_token& stop, const std::function<void(const std::string&)>& ready,
                const std::function<void(const std::string&)>& tell) {
  std::mutex database_mutex;
  Catalog catalog(database, database_mutex);
  const auto store = OnlineStore::open(folders.online);
  FeatureRoutes routes(catalog, *store, folders.root);
  if (options.workers == 0) options.workers = k_workers;
  options.refuse = detail;
  options.body_bytes = std::uint64_t{32} << 20;
  options.all_body_bytes = std::uint64_t{256} << 20;
  web::Server server(std::move(options), routes.table());
  server.listen();
  routes.tell = tell;
  routes.metrics = [&] { return server.metrics().text(); };
  const std::jthread following([&](const std::stop_token& ended) { follow(catalog, routes, ended); });
  ready(server.url());
  server.run(stop);
  routes.end();
}

}  // namespace mlops::feature
