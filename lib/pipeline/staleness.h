// Whether a stage has to run, and why: the rules of share/doc/pipeline-files.md, section "When a stage runs".
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"
#include "pipeline/definition.h"
#include "pipeline/lock_file.h"

namespace mlops::pipeline {

// A stage as it stands now.
struct StageInputs {
  std::map<std::string, std::optional<ObjectRef>> deps;  // nullopt: there is no such path
  Json params = Json::object();                          // {file: {key: value}}; a missing key is absent
  std::vector<std::string> missing_params;
};

// The parameters of a stage, where `values` reads a parameter file (null: there is none), say of another revision.
// Fills `params` and `missing_params`.
void read_parameter_uses(const Stage& stage, const std::function<Json(const std::string& file)>& values,
                         StageInputs& inputs);
// Hashes the dependencies (through the stat cache) and reads the parameters.
StageInputs read_inputs(data::Repository& repository, const Stage& stage);

// The reasons in the order of the rules, empty = up to date. Each reads after "stale: ".
std::vector<std::string> why_stale(data::Repository& repository, const Stage& stage, const StageInputs& inputs,
                                   const LockedStage* locked);

// Equal for equal work: hash of command, folder, dependency ids, parameters and output paths.
Id run_cache_key(const Stage& stage, const StageInputs& inputs);

}  // namespace mlops::pipeline
