// Our columns as a Parquet file.
#pragma once

#include <string>

#include "table/table.h"

namespace mlops::table {

std::string to_parquet(const Table& table);

}  // namespace mlops::table
