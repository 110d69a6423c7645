// How Arrow reads CSV for us, whole or in blocks.
#pragma once

#include <arrow/csv/options.h>

#include <string>
#include <vector>

#include "formats.h"

namespace mlops::table {

// Which texts are null, and the columns that are asked for.
arrow::csv::ConvertOptions csv_conversion(const std::vector<std::string>& names, const Reading& reading);
arrow::csv::ParseOptions csv_form(char separator);

// Where `status`, of a reader without threads, tells of a line with more or fewer fields than the first: throws
// Error(input) with its line. `before`: records of `source` that Arrow counts before its first row; `first_line`: the
// number of its line 1.
void explain_csv(const arrow::Status& status, const Source& source, char separator, int before, int first_line);

}  // namespace mlops::table
