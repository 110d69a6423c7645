// Values that our kinds can't hold in full, read from Arrow's arrays when somebody asks.
#pragma once

#include <arrow/chunked_array.h>

#include <memory>

#include "memory.h"
#include "table/table.h"

namespace mlops::table {

// nullptr where a column of this type loses nothing. Keeps the arrays alive.
std::shared_ptr<const ExactValues> exact_values(const arrow::ChunkedArray& data,
                                                const std::shared_ptr<LimitedPool>& pool);

}  // namespace mlops::table
