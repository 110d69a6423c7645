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

// Arrow takes 0x1A for the whole number 26. Nobody else does, so columns of whole numbers are looked at again as texts
// where a file has such: what is really whole becomes so, others stay texts.
bool has_hexadecimal(std::string_view text);
bool has_hexadecimal(const Source& source, std::uint64_t offset);
// Names of the columns of whole numbers.
std::vector<std::string> wholes(const arrow::Schema& schema);
void fit_wholes(Table& table, const std::vector<std::string>& names);

// Where `status`, of a reader without threads, tells of a line with more or fewer fields than the first, or of a text
// that is not UTF-8: throws Error(input) with its line. `before`: records of `source` that Arrow counts before its
// first row; `first_line`: the number of its line 1.
void explain_csv(const arrow::Status& status, const Source& source, char separator, int before, int first_line);

}  // namespace mlops::table
