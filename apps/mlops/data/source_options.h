// What `data get` and `data import` have in common on their command lines.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "exchange/import.h"
#include "output.h"

namespace mlops {

struct SourceOptions {
  std::string source, version, output, remote, sha256;
  std::uint64_t limit = std::uint64_t{1} << 40;
};

void add_source_options(CLI::App& app, SourceOptions& options);
exchange::Origin origin_of(const SourceOptions& options);
// {kind, id, size, files, origin} of what came.
Json to_json(const store::ObjectRef& object, const exchange::Origin& origin);
exchange::ImportOptions import_options(Output& out, std::uint64_t limit, const std::string& sha256);

}  // namespace mlops
