#include "csv_conversion.h"

#include <algorithm>
#include <atomic>
#include <cctype>

#include "base/pool.h"
#include "csv_records.h"
#include "table/fit.h"

namespace mlops::table {
namespace {

// "CSV parse error: Row #5: Expected 3 columns, got 2: …" → 5.
std::int64_t faulty_row(const std::string& message) {
  const auto at = message.find("Row #");
  return at == std::string::npos ? 0 : std::strtoll(message.c_str() + at + 5, nullptr, 10);
}

// "… Expected 3 columns, got 2: 1,2" → "3 columns are expected, this line has 2".
std::string reason(const std::string& message) {
  const auto expected = message.find("Expected "), got = message.find(" columns, got ");
  if (expected == std::string::npos || got == std::string::npos) return {};
  const auto digits = [&](std::size_t at) {
    std::size_t end = at;
    while (end < message.size() && std::isdigit(static_cast<unsigned char>(message[end])) != 0) ++end;
    return message.substr(at, end - at);
  };
  return digits(expected + 9) + " columns are expected, this line has " + digits(got + 14);
}

}  // namespace

arrow::csv::ConvertOptions csv_conversion(const std::vector<std::string>& names, const Reading& reading) {
  auto options = arrow::csv::ConvertOptions::Defaults();
  options.strings_can_be_null = true;
  options.null_values.insert(options.null_values.end(), {"None", "<NA>"});
  for (const int column : chosen(names, reading))
    options.include_columns.push_back(names[static_cast<std::size_t>(column)]);
  return options;
}

arrow::csv::ParseOptions csv_form(char separator) {
  auto options = arrow::csv::ParseOptions::Defaults();
  options.delimiter = separator;
  options.newlines_in_values = true;
  return options;
}

bool has_hexadecimal(std::string_view text) {
  for (const char x : {'x', 'X'})
    for (auto at = text.find(x); at != std::string_view::npos; at = text.find(x, at + 1))
      if (at > 0 && text[at - 1] == '0') return true;
  return false;
}

bool has_hexadecimal(const Source& source, std::uint64_t offset) {
  constexpr std::uint64_t k_piece = 4 << 20;
  std::atomic<bool> found = false;
  const auto bytes = source.size() > offset ? source.size() - offset : 0;
  parallel_for((bytes + k_piece - 1) / k_piece, [&](std::size_t i) {
    if (found) return;
    std::string piece(k_piece + 1, '\0');  // with the first byte of the next one
    piece.resize(source.read(offset + i * k_piece, std::as_writable_bytes(std::span(piece))));
    if (has_hexadecimal(piece)) found = true;
  });
  return found;
}

std::vector<std::string> wholes(const arrow::Schema& schema) {
  std::vector<std::string> out;
  for (const auto& field : schema.fields())
    if (field->type()->id() == arrow::Type::INT64) out.push_back(field->name());
  return out;
}

void fit_wholes(Table& table, const std::vector<std::string>& names) {
  for (auto& column : table.columns) {
    if (column.kind != Kind::text || std::find(names.begin(), names.end(), column.name) == names.end()) continue;
    bool whole = true;
    auto fitted = fit(column, Kind::integer, [&](std::size_t) { whole = false; });
    if (!whole) continue;
    fitted.source_type = "int64";
    column = std::move(fitted);
  }
}

void explain_csv(const arrow::Status& status, const Source& source, char separator, int before, int first_line) {
  std::string words = reason(status.message()), hint = "each line needs the fields that the first one names";
  if (words.empty() && status.message().find("invalid UTF8") != std::string::npos) {
    words = "a text is not UTF-8";
    hint = "iconv -f latin1 -t utf-8 OLD >NEW   makes it so, where it is Latin-1";
  }
  const auto row = faulty_row(status.message());
  if (words.empty() || row == 0) return;
  const int line = line_of_record(source, separator, row - before) + first_line - 1;
  throw input_error(words, hint).at(source.name(), line);
}

}  // namespace mlops::table
