// Model versions: a run's model directory under a name and a number, with signature, metrics and lineage; aliases are events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::registry {  // `register` is a keyword

struct ModelVersion {
  std::string name;
  std::int64_t number = 0;
  Id record;                 // the version's record id
  store::ObjectRef object;   // the model directory (or file)
  // {"inputs": [TENSOR…], "outputs": [TENSOR…]}, TENSOR = {"name", "datatype" (FP32 INT64 BYTES …), "shape" (-1 = any),
  // "columns": [names of the last dimension], where known, "labels": […]}
  Json signature;
  Json body;  // the whole record: "run", "metrics", "time", …
};

// "churn@prod", "churn:7", "churn" (its highest version), "run:ID" when that run was registered once, or a prefix of a
// version's record id. Throws Error(input) with the nearest names.
ModelVersion resolve(data::Repository& repository, const std::string& name);
// As resolve, but "no such model" is an answer.
std::optional<ModelVersion> find(data::Repository& repository, const std::string& name);

}  // namespace mlops::registry
