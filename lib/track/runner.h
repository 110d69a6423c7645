// A tracking server from its start to its end.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "data/repository.h"
#include "web/server.h"

namespace mlops::track {

// Answers until `stop`, then seals what has ended and returns. `ready` is told the URL.
void run_server(data::Repository& repository, const web::ServerOptions& options, const std::stop_token& stop,
                const std::function<void(const std::string&)>& ready);

}  // namespace mlops::track
