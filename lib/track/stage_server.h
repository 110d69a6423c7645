// Stages of a pipeline that use MLflow find a server in their environment: a loopback port of this process that knows
// each stage by its token. Nothing is started before a client comes.
#pragma once

#include <memory>
#include <string>

#include "data/repository.h"
#include "pipeline/run.h"

namespace mlops::track {

// With MLFLOW_TRACKING_URI in this process's own environment it does nothing: then somebody chose a server.
// `experiment`: what runs belong to that name none.
std::unique_ptr<pipeline::StageHooks> stage_server(data::Repository& repository, const std::string& experiment);

}  // namespace mlops::track
