#include "track/runner.h"

#include <malloc.h>

#include "base/build.h"
#include "data/author.h"
#include "track/api_error.h"
#include "track/sealer.h"
#include "track/service.h"

namespace mlops::track {
namespace {

// Most requests wait for the disk: many may, and share its work.
constexpr unsigned k_workers = 32;

web::Route plain(const char* path, std::function<web::Response(const web::Request&)> handler) {
  web::Route route{"GET", path, web::Permission::read, std::move(handler)};
  route.light = true;
  return route;
}

}  // namespace

std::vector<web::Route> all_routes(Service& service, std::function<std::string()> metrics) {
  std::vector<web::Route> out;
  for (const auto& make : {experiment_endpoints, run_endpoints, metric_endpoints, logged_model_endpoints,
                           registry_endpoints, artifact_endpoints})
    for (auto& route : routes_of(service, make())) out.push_back(std::move(route));
  for (auto& route : artifact_routes(service)) out.push_back(std::move(route));
  for (auto& route : page_routes()) out.push_back(std::move(route));
  out.push_back(plain("/health", [](const web::Request&) { return web::text_response(200, "OK"); }));
  out.push_back(plain("/version", [](const web::Request&) { return web::text_response(200, version()); }));
  out.push_back(plain("/metrics", [metrics = std::move(metrics)](const web::Request&) {
    return web::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics()};
  }));
  return out;
}

void run_server(data::Repository& repository, const web::ServerOptions& options, const std::stop_token& stop,
                const std::function<void(const std::string&)>& ready) {
  ::mallopt(M_ARENA_MAX, 2);  // else each of the threads keeps the pieces of large files that it once sent
  Service service(repository);
  service.user = data::author(repository);
  web::ServerOptions web = options;
  web.workers = k_workers;
  web.refuse = refuse;
  web::Server* running = nullptr;
  web::Server server(web, all_routes(service, [&] { return running->metrics().text() + web::process_metrics(); }));
  running = &server;
  server.listen();
  const Sealer sealer(service);
  service.changed();  // what an earlier server left unsealed
  ready(server.url());
  server.run(stop);
}

}  // namespace mlops::track
