// The sources of models: a file, or a version in the registry under an alias that may move.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "serve/models.h"

namespace mlops::data {
class Repository;
}

namespace mlops::serve {

// The words name something in the registry rather than a file: NAME@ALIAS, NAME:DIGITS, or no file and nothing that
// looks like one.
bool names_registry(const std::string& spec);

// FILE.onnx, read at every load. `name` "" = the file's name without its extension.
std::unique_ptr<Source> file_source(const std::filesystem::path& file, const std::string& name);

// "churn@prod", "churn:7" or "churn". The repository is used under `mutex`, which everybody who uses it beside a server
// holds. Throws Error(input) with the nearest names when there is no such version now.
std::unique_ptr<Source> registry_source(data::Repository& repository, std::mutex& mutex, const std::string& spec,
                                        const std::string& name);

}  // namespace mlops::serve
