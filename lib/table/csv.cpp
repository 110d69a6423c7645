#include "table/table.h"

namespace mlops::table {
namespace {

// Fields with these need quotes; so do texts that would read back as null, which only an empty text does here.
bool needs_quotes(std::string_view text, char separator) {
  return text.empty() || text.find_first_of(std::string{separator, '"', '\n', '\r'}) != std::string_view::npos;
}

void put_text(std::string& out, std::string_view text, char separator) {
  if (!needs_quotes(text, separator)) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void put_value(std::string& out, const Column& column, std::size_t row, char separator) {
  if (!column.valid(row)) return;
  if (column.kind == Kind::text)
    put_text(out, column.text(row), separator);
  else
    out += column.show(row);
}

}  // namespace

std::string write_csv(const Table& table, char separator) {
  std::string out;
  const auto line = [&](auto&& put) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (c > 0) out += separator;
      put(table.columns[c]);
    }
    out += '\n';
  };
  line([&](const Column& column) { put_text(out, column.name, separator); });
  for (std::size_t row = 0; row < table.rows; ++row)
    line([&](const Column& column) { put_value(out, column, row, separator); });
  return out;
}

}  // namespace mlops::table
