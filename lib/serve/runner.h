// A whole model server: sources, models, routes, the thread that follows aliases, the traffic log.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "serve/feature_inputs.h"
#include "serve/model.h"
#include "web/server.h"

namespace mlops::serve {

struct ServeOptions {
  std::vector<std::string> models;  // NAME@ALIAS, NAME:N, NAME, FILE.onnx
  std::string name;                 // for a single model; "" = its own
  web::ServerOptions web;
  LoadLimits limits;
  std::string features;  // a feature service that completes inputs; "" = none
  Missing missing = Missing::refuse;
};

// Serves until `stop` and drains. `ready` gets the URL once every model is loaded; `tell` a line about each swap.
// Throws Error: input (model), usage (address), outside (port).
void run_server(const ServeOptions& options, const std::stop_token& stop,
                const std::function<void(const std::string&)>& ready,
                const std::function<void(const std::string&)>& tell);

}  // namespace mlops::serve
