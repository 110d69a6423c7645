// JSON lines by Arrow's reader.
#include <arrow/json/api.h>
#include <arrow/table.h>

#include <cstdlib>

#include "base/text.h"
#include "json_depth.h"
#include "json_rows.h"

namespace mlops::table {
namespace {

std::string look_through(const Reading& reading) {
  DepthCheck check(reading);
  std::string block(std::size_t{1} << 20, '\0'), first;
  const std::uint64_t start = mark_size(reading.source);
  std::uint64_t offset = start;
  while (const auto got = reading.source.read(offset, std::as_writable_bytes(std::span(block)))) {
    const std::string_view text(block.data(), got);
    if (offset == start) first = std::string(trim(text.substr(0, 4096)));
    check.feed(text);
    offset += got;
  }
  return first;
}

// "… in row 7" counts from 0.
std::string from_one(const std::string& message) {
  const auto at = message.rfind("in row ");
  if (at == std::string::npos) return message;
  char* end = nullptr;
  const auto row = std::strtoull(message.c_str() + at + 7, &end, 10);
  return message.substr(0, at + 7) + std::to_string(row + 1) + end;
}

// Looks at one row after the other for one that is no JSON, to name its line.
[[noreturn]] void explain(const arrow::Status& status, const Reading& reading) {
  Blocks blocks(reading.source, mark_size(reading.source), 1, 0, reading.options.limits.cell);
  while (const auto block = blocks.next()) (void)json_rows(*block, {}, reading);
  throw StatusError(status.WithMessage(from_one(status.message())));
}

}  // namespace

Table read_json_lines(const Reading& reading) {
  const std::string first = look_through(reading);
  if (first.empty())
    throw input_error("\"" + reading.source.name() + "\" is empty", "a table has one JSON object a line");
  if (!first.starts_with('{'))
    throw input_error("does not begin with an object",
                      "JSON lines have one {…} a line: jq -c '.[]' turns a list into them")
        .at(reading.source.name(), 1);
  auto options = arrow::json::ReadOptions::Defaults();
  options.block_size = 16 << 20;
  const auto parse = arrow::json::ParseOptions::Defaults();
  const auto stream = reading.stream();
  need(stream->Seek(static_cast<std::int64_t>(mark_size(reading.source))));
  const auto reader = need(arrow::json::TableReader::Make(reading.pool.get(), stream, options, parse));
  const auto read = reader->Read();
  if (read.status().IsInvalid()) explain(read.status(), reading);
  const auto table = need(read);
  const auto names = table->ColumnNames();
  check_columns(names.size(), reading);
  std::vector<std::string> wanted;
  std::vector<std::shared_ptr<arrow::ChunkedArray>> data;
  for (const int column : chosen(names, reading)) {
    wanted.push_back(names[static_cast<std::size_t>(column)]);
    data.push_back(table->column(column));
  }
  return to_table(std::move(wanted), std::move(data), static_cast<std::size_t>(table->num_rows()), reading);
}

}  // namespace mlops::table
