// Hashes of a column's cells: equal where the two tables' cells are, in the form in which they are compared. Private to
// this module.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "schema/compared_columns.h"
#include "schema/row_hash.h"

namespace mlops::schema {

std::uint64_t hash_text(std::string_view text, RowHash key);
// One 64-bit word for each cell of the batch's column; a column that the batch lacks is null.
std::vector<std::uint64_t> hash_cells(const table::Column* column, const Compared& compared, std::size_t rows,
                                      RowHash key);

}  // namespace mlops::schema
