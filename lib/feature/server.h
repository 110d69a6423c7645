// A whole feature server: definitions that are followed while it runs, the online store, the routes.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "web/server.h"

namespace mlops::meta {
class Database;
}

namespace mlops::feature {

struct Folders {
  std::filesystem::path root;    // of the repository, where sources count from
  std::filesystem::path online;  // the online store's
};

// Serves until `stop` and drains. `ready` gets the URL, `tell` a line about trouble in the background. Throws Error:
// usage (address), outside (port, disk).
void run_server(meta::Database& database, const Folders& folders, web::ServerOptions options,
                const std::stop_token& stop, const std::function<void(const std::string&)>& ready,
                const std::function<void(const std::string&)>& tell);

}  // namespace mlops::feature
