// A table that a command line names: a file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "table/table.h"

namespace mlops {

struct NamedTable {
  table::Table table;
  Json provenance;  // {"name", "format", "size", "sha256", "rows"}
};

// Throws Error(input) naming the file and what is wrong with it.
NamedTable read_named_table(const std::string& name, const std::vector<std::string>& columns);

}  // namespace mlops
