// Model versions: a run's model directory under a name and a number, with signature, metrics and lineage; aliases are
// events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"
#include "pipeline/definition.h"

namespace mlops::registry {  // `register` is a keyword

struct ModelVersion {
  std::string name;
  std::int64_t number = 0;
  Id record;                // the version's record id
  store::ObjectRef object;  // the model directory (or file)
  // {"inputs": [TENSOR…], "outputs": [TENSOR…]}, TENSOR = {"name", "datatype" (FP32 INT64 BYTES …), "shape" (-1 = any),
  // "columns": [names of the last dimension], where known, "labels": […]}
  Json signature;
  Json body;  // the whole record: "run" (record id), "run_id", "metrics", "time", "author", …

  [[nodiscard]] std::string label() const { return name + ":" + std::to_string(number); }
};

// "churn@prod", "churn:7", "churn" (its highest version), or a prefix of a version's record id. Throws Error(input)
// with the nearest names.
ModelVersion resolve(data::Repository& repository, const std::string& name);
// As resolve, but "no such model" is an answer.
std::optional<ModelVersion> find(data::Repository& repository, const std::string& name);

std::vector<std::string> model_names(data::Repository& repository);                                  // sorted
std::vector<ModelVersion> versions(data::Repository& repository, const std::string& name);           // highest first
std::map<std::string, std::int64_t> aliases(data::Repository& repository, const std::string& name);  // alias → number

// Makes the next version of `name` from a run ("run:ab12", a prefix) or from a path of the work tree. `path` chooses
// among a run's outputs. Throws Error(input) for a name that can't be one, an unreadable model, several candidates.
struct AddOptions {
  std::string source, name, path, description;
};
ModelVersion add(data::Repository& repository, const AddOptions& options);

// Points the alias at a version, or takes it away (`number` 0). Returns the event's id.
Id set_alias(data::Repository& repository, const std::string& name, const std::string& alias, std::int64_t number);

// One gate's answer.
struct GateResult {
  std::string text;  // "auc ≥ 0.86"
  std::optional<double> value;
  bool pass = false;
  std::string detail;  // why not, or by how much
};
// The candidate against the gates; `champion` is the version that the alias names now. A version that has no sealed run
// has no metrics and fails.
std::vector<GateResult> judge(const std::vector<pipeline::Gate>& gates, const ModelVersion& candidate,
                              const std::optional<ModelVersion>& champion);

// The bytes of the model file: the object itself, or `model.onnx` in its tree (else the only *.onnx there).
std::string model_bytes(const store::Store& store, const store::ObjectRef& object, const std::string& name);

}  // namespace mlops::registry
