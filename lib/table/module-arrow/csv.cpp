// CSV and TSV by Arrow's reader: types from all rows, empty fields and NA and their kind are nulls, as in pandas.
#include <arrow/array.h>
#include <arrow/csv/api.h>
#include <arrow/table.h>

#include "csv_conversion.h"
#include "csv_records.h"
#include "formats.h"

namespace mlops::table {
namespace {

constexpr std::int32_t k_block = 4 << 20;

arrow::Result<std::shared_ptr<arrow::Table>> read(const Reading& reading, char separator, const CsvHeader& header,
                                                  std::int32_t block, bool threads,
                                                  const std::vector<std::string>& texts = {}) {
  auto options = arrow::csv::ReadOptions::Defaults();
  options.use_threads = threads;
  options.block_size = block;
  options.column_names = unique_names(header.names);
  options.skip_rows = header.lines;
  auto conversion = csv_conversion(options.column_names, reading);
  for (const auto& name : texts) conversion.column_types[name] = arrow::utf8();
  const arrow::io::IOContext context(reading.pool.get());
  ARROW_ASSIGN_OR_RAISE(
      auto reader, arrow::csv::TableReader::Make(context, reading.stream(), options, csv_form(separator), conversion));
  return reader->Read();
}

bool too_long(const arrow::Status& status) { return status.message().find("straddling") != std::string::npos; }

// Reads once more, row after row, to learn which line is at fault.
[[noreturn]] void explain(const arrow::Status& status, const Reading& reading, char separator,
                          const CsvHeader& header) {
  const auto again = read(reading, separator, header, k_block, false).status();
  explain_csv(again.ok() ? status : again, reading.source, separator, 0, 1);
  throw StatusError(status);
}

// An open quote takes all the rest into its field. In the last column nothing else tells of it, and there the last
// value has the file's last newline in it. False only where that is not so: it saves another look at every byte.
bool may_be_open(const arrow::Table& table, const CsvHeader& header, const Reading& reading) {
  char last = 0;
  reading.source.read(reading.source.size() - 1, std::as_writable_bytes(std::span(&last, 1)));
  const auto column = table.GetColumnByName(unique_names(header.names).back());
  if (last != '\n' || column == nullptr) return true;
  if (column->type()->id() != arrow::Type::STRING || column->length() == 0) return false;
  const auto chunk = column->chunk(column->num_chunks() - 1);
  return chunk->length() == 0 ||
         static_cast<const arrow::StringArray&>(*chunk).GetView(chunk->length() - 1).ends_with('\n');
}

// A header and nothing else: columns without rows and without a type.
Table without_rows(const std::vector<std::string>& names, const Reading& reading) {
  Table out;
  for (const int column : chosen(names, reading))
    out.columns.push_back(other_column(names[static_cast<std::size_t>(column)], "null", 0));
  return out;
}

}  // namespace

Table read_csv(const Reading& reading, char separator) {
  const auto header = read_csv_header(reading.source, separator, reading.options.limits.cell);
  check_columns(header.names.size(), reading);
  if (header.bytes >= reading.source.size()) return without_rows(unique_names(header.names), reading);
  std::int32_t block = k_block;
  auto result = read(reading, separator, header, block, true);
  if (!result.ok() && too_long(result.status())) {
    const auto longest = std::min<std::size_t>(reading.options.limits.cell, std::size_t{1} << 30);
    if (longest > k_block) {
      block = static_cast<std::int32_t>(longest);
      result = read(reading, separator, header, block, false);
    }
    if (!result.ok() && too_long(result.status()))
      throw input_error("\"" + reading.source.name() + "\" has a row longer than is allowed (" +
                        std::to_string(longest >> 20) + " MiB)");
  }
  if (!result.ok() && result.status().message().find("Empty CSV") != std::string::npos)
    return without_rows(unique_names(header.names), reading);
  if (!result.ok() || may_be_open(**result, header, reading)) check_quotes(reading.source, separator, header.bytes);
  if (!result.ok() && result.status().IsInvalid()) explain(result.status(), reading, separator, header);
  auto table = need(std::move(result));
  const auto numbers = wholes(*table->schema());
  const bool again = !numbers.empty() && has_hexadecimal(reading.source, header.bytes);
  if (again) table = need(read(reading, separator, header, block, true, numbers));
  Table out = to_table(table->ColumnNames(), table->columns(), static_cast<std::size_t>(table->num_rows()), reading);
  if (again) fit_wholes(out, numbers);
  return out;
}

}  // namespace mlops::table
