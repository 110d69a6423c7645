// Parameter files (YAML or JSON): reading values by dotted key, and changing one in place so that comments stay.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace mlops::pipeline {

// The whole file as a value; null when there is none. `name` is the path in messages.
Json read_parameters(const std::filesystem::path& file, const std::string& name);
// The same of a text; `name` ends in .json for JSON.
Json parse_parameters(const std::string& text, const std::string& name);

// "lr=0.1" or "other.yaml:model.depth=3": the file (params.yaml by default), the key, the value with its YAML type.
struct Assignment {
  std::string file = "params.yaml", key;
  Json value;
};
Assignment parse_assignment(const std::string& text);  // throws Error(usage)

// Replaces the value in the file's text. Throws Error(input) with the nearest key when it is not there.
void assign(const std::filesystem::path& root, const Assignment& assignment);

// {"a": {"b": 1}} → {"a.b": 1}; lists stay values.
Json flatten(const Json& nested);

}  // namespace mlops::pipeline
