// A repository of its own for each test, which goes away with it.
#pragma once

#include <filesystem>
#include <memory>

#include "base/hash.h"
#include "data/repository.h"

struct EmptyProject {
  std::filesystem::path root =
      std::filesystem::canonical(std::filesystem::temp_directory_path()) / ("mlops-unit-" + mlops::random_hex(12));
  std::unique_ptr<mlops::data::Repository> repository;
  EmptyProject() {
    std::filesystem::create_directories(root);
    mlops::data::Repository::init(root);
    repository = mlops::data::Repository::open(root);
  }
  ~EmptyProject() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
  EmptyProject(const EmptyProject&) = delete;
  EmptyProject& operator=(const EmptyProject&) = delete;
};
