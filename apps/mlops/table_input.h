// A table that a command line names: a file, or a version of one in the store.
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

NamedTable read_source(const table::Source& source, const std::vector<std::string>& columns);

// A file, or a version of one: REV:PATH, a path that is versioned but not here, digits of an id.
// Throws Error(input) naming the file and what is wrong with it.
NamedTable read_named_table(const std::string& name, const std::vector<std::string>& columns);

}  // namespace mlops
