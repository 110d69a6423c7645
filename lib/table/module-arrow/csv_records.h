// The records of a CSV text, quotes understood: for the header line and for finding the line of a faulty record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "table/source.h"

namespace mlops::table {

struct CsvHeader {
  std::vector<std::string> names;
  std::int32_t lines = 0;   // lines up to and including the header
  std::uint64_t bytes = 0;  // they take
};

// Throws Error(input) when the text is empty, its first record is longer than `limit` bytes or ends in an open quote.
CsvHeader read_csv_header(const Source& source, char separator, std::size_t limit);
// The line, from 1, on which record `number` (the header is 1, empty lines don't count) begins; 0 when there are fewer.
int line_of_record(const Source& source, char separator, std::int64_t number);
// From `offset` of the source, where a record begins. Throws Error(input) where the last field's quote is not closed.
void check_quotes(const Source& source, char separator, std::uint64_t offset);

}  // namespace mlops::table
