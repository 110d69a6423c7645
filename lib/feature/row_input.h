// Rows that somebody hands in as JSON, checked against a view before anything is stored.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "feature/online_row.h"

namespace mlops::feature {

// Columns of cells; nullptr where a row has none. Points into the JSON that it was made from.
struct InputRows {
  std::size_t count = 0;
  std::map<std::string, std::vector<const web::OrderedJson*>, std::less<>> columns;
  const char* unit = "row";            // what messages call a row
  std::vector<std::size_t> numbers{};  // of the rows there; empty: 1, 2, …
  [[nodiscard]] std::string place(std::size_t row, const std::string& column) const;
};

// {column: [values]}. Throws Error(input) when the columns differ in length.
InputRows columns_of(const web::OrderedJson& table);
// One object a line; `texts` keeps what the rows point into. Throws Error(input) with the line.
InputRows lines_of(std::string_view text, std::vector<web::OrderedJson>& texts);

// The rows as the view stores them. Its time columns may also be called event_timestamp and created. Throws
// Error(input) naming the row, the column and the value.
std::vector<OnlineRow> online_rows(const View& view, const InputRows& rows);
// The rows as lines of JSON with every column that one of the views needs, for training sets. Checked as above.
std::string offline_lines(const std::vector<const View*>& views, const InputRows& rows);

}  // namespace mlops::feature
