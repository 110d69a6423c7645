// A first schema out of a table: what is true of it now, for a person to loosen and tighten.
#pragma once

#include "schema/schema.h"
#include "table/source.h"

namespace mlops::schema {

struct InferOptions {
  std::size_t values = 20;                     // texts of a column, at most, that are listed as `values`
  std::size_t memory = std::size_t{64} << 20;  // as ValidateOptions
};

// The table passes the schema. Reads the table once where its file has types, else twice or, where a column changes its
// look far down, three times. Throws Error(input) as validate does, and where there are no rows.
Schema infer(const table::Source& source, const InferOptions& options = {});

}  // namespace mlops::schema
