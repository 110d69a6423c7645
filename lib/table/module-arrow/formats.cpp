#include "formats.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/pool.h"
#include "base/text.h"

namespace mlops::table {

std::vector<std::string> unique_names(std::vector<std::string> names) {
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string, int> next;
  for (auto& name : names) {
    const std::string wanted = name;
    while (!taken.insert(name).second) name = wanted + "." + std::to_string(++next[wanted]);
  }
  return names;
}

std::vector<int> chosen(const std::vector<std::string>& names, const Reading& reading) {
  std::vector<int> out;
  if (reading.options.columns.empty()) {
    out.resize(names.size());
    std::iota(out.begin(), out.end(), 0);
    return out;
  }
  for (const auto& wanted : reading.options.columns) {
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found == names.end()) {
      const std::string near = nearest(wanted, names);
      throw input_error(
          "\"" + reading.source.name() + "\" has no column \"" + wanted + "\"",
          near.empty() ? "its columns are: " + join(names, ", ").substr(0, 200) : "did you mean \"" + near + "\"?");
    }
    out.push_back(static_cast<int>(found - names.begin()));
  }
  return out;
}

std::uint64_t mark_size(const Source& source) {
  std::array<char, 3> begin{};
  const auto got = source.read(0, std::as_writable_bytes(std::span(begin)));
  return std::string_view(begin.data(), got) == "\xef\xbb\xbf" ? 3 : 0;
}

void check_columns(std::size_t columns, const Reading& reading) {
  if (columns <= reading.options.limits.columns) return;
  throw input_error("\"" + reading.source.name() + "\" has " + show_count(columns) + " columns; " +
                    show_count(reading.options.limits.columns) + " are allowed");
}

void check_rows(std::uint64_t rows, const Reading& reading) {
  // A run of equal values takes few bytes, but not this few: more is a bomb.
  constexpr std::uint64_t k_rows_a_byte = 4096, k_always = std::uint64_t{1} << 20;
  if (rows > reading.options.limits.rows)
    throw input_error("\"" + reading.source.name() + "\" has " + show_count(rows) + " rows; " +
                      show_count(reading.options.limits.rows) + " are allowed");
  if (rows > k_always && rows / k_rows_a_byte > reading.source.size())
    throw input_error("\"" + reading.source.name() + "\" claims " + show_count(rows) + " rows in " +
                      show_size(reading.source.size()) + ": it is damaged or hostile");
}

Table to_table(std::vector<std::string> names, std::vector<std::shared_ptr<arrow::ChunkedArray>> data, std::size_t rows,
               const Reading& reading) {
  check_rows(rows, reading);
  Table out;
  out.rows = rows;
  out.columns.resize(names.size());
  parallel_for(names.size(), [&](std::size_t c) {
    out.columns[c] = to_column(names[c], type_name(*data[c]->type()), *data[c], reading);
    data[c].reset();
  });
  return out;
}

}  // namespace mlops::table
