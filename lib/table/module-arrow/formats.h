// The readers of this module, one a format, and what they share.
#pragma once

#include <arrow/chunked_array.h>
#include <arrow/type.h>

#include <string>
#include <vector>

#include "stream.h"

namespace mlops::table {

Table read_csv(const Reading& reading, char separator);
Table read_json_lines(const Reading& reading);
Table read_parquet(const Reading& reading);
Table parquet_schema(const Reading& reading);  // columns without rows
std::size_t parquet_parts(const Reading& reading);
Table read_arrow(const Reading& reading);

// One column out of Arrow's arrays, which are validated first. `source_type` is what the file calls its type.
Column to_column(const std::string& name, const std::string& source_type, const arrow::ChunkedArray& data,
                 const Reading& reading);
std::string type_name(const arrow::DataType& type);
// Lists, structs, maps: not decoded.
bool without_values(const arrow::DataType& type);
// Which of its rows are null is not known, unless its type is "null".
Column other_column(const std::string& name, const std::string& source_type, std::size_t rows);

// All columns of an Arrow table on the pool of threads; each chunk is released as soon as it is converted.
Table to_table(std::vector<std::string> names, std::vector<std::shared_ptr<arrow::ChunkedArray>> data, std::size_t rows,
               const Reading& reading);

// "a", "b", "a" → "a", "b", "a.1".
std::vector<std::string> unique_names(std::vector<std::string> names);
// The positions of the columns asked for, all when none is named. Throws Error(input) with the nearest name.
std::vector<int> chosen(const std::vector<std::string>& names, const Reading& reading);
// Bytes of a byte order mark at the begin of a text: 3 or 0.
std::uint64_t mark_size(const Source& source);
void check_columns(std::size_t columns, const Reading& reading);
void check_rows(std::uint64_t rows, const Reading& reading);

}  // namespace mlops::table
