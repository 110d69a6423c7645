// JSON lines, one after the other: slower than Arrow, but a value of another type is named and not the end.
#pragma once

#include "blocks.h"
#include "formats.h"
#include "table/batches.h"

namespace mlops::table {

// Columns in the order of their first appearance; of those without a wanted kind: the
// narrowest that all their values have, else text. Throws Error(input) with the
// line that is no JSON object. The text's nesting was checked.
Batch json_rows(const Block& block, const std::map<std::string, Kind>& kinds, const Reading& reading);

}  // namespace mlops::table
