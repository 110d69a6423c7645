#include "feature/project.h"

#include <algorithm>

#include "base/file.h"
#include "feature/sources.h"

namespace mlops::feature {

Definitions read_definitions(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root / "features", error)) {
    const auto end = entry.path().extension();
    if ((end == ".yaml" || end == ".yml") && entry.is_regular_file(error)) files.push_back(entry.path());
  }
  if (files.empty())
    throw input_error("there is no definition: features/*.yaml",
                      "entities, views and services stand there (mlops feature apply -h)");
  std::sort(files.begin(), files.end());
  Definitions out;
  for (const auto& file : files) add_definitions(out, read_file(file, 4 << 20), "features/" + file.filename().string());
  link(out);
  check_sources(out, root);
  return out;
}

}  // namespace mlops::feature
