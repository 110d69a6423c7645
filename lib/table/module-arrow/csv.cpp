// CSV and TSV by Arrow's reader: types from all rows, empty fields and NA and their kind are nulls, as in pandas.
#include <arrow/csv/api.h>
#include <arrow/table.h>

#include "csv_conversion.h"
#include "csv_records.h"
#include "formats.h"

namespace mlops::table {
namespace {

constexpr std::int32_t k_block = 4 << 20;

arrow::Result<std::shared_ptr<arrow::Table>> read(const Reading& reading, char separator, const CsvHeader& header,
                                                  std::int32_t block, bool threads) {
  auto options = arrow::csv::ReadOptions::Defaults();
  options.use_threads = threads;
  options.block_size = block;
  options.column_names = unique_names(header.names);
  options.skip_rows = header.lines;
  const arrow::io::IOContext context(reading.pool.get());
  ARROW_ASSIGN_OR_RAISE(auto reader,
                        arrow::csv::TableReader::Make(context, reading.stream(), options, csv_form(separator),
                                                      csv_conversion(options.column_names, reading)));
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
  check_quotes(reading.source, separator, header.bytes);
  auto result = read(reading, separator, header, k_block, true);
  if (!result.ok() && too_long(result.status())) {
    const auto longest = std::min<std::size_t>(reading.options.limits.cell, std::size_t{1} << 30);
    if (longest > k_block) result = read(reading, separator, header, static_cast<std::int32_t>(longest), false);
    if (!result.ok() && too_long(result.status()))
      throw input_error("\"" + reading.source.name() + "\" has a row longer than is allowed (" +
                        std::to_string(longest >> 20) + " MiB)");
  }
  if (!result.ok() && result.status().message().find("Empty CSV") != std::string::npos)
    return without_rows(unique_names(header.names), reading);
  if (!result.ok() && result.status().IsInvalid()) explain(result.status(), reading, separator, header);
  const auto table = need(std::move(result));
  return to_table(table->ColumnNames(), table->columns(), static_cast<std::size_t>(table->num_rows()), reading);
}

}  // namespace mlops::table
