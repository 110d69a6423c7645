// JSON lines by Arrow's reader. The text is looked through first, since a deep nesting would cost a deep recursion.
#include <arrow/json/api.h>
#include <arrow/table.h>

#include "base/text.h"
#include "formats.h"

namespace mlops::table {
namespace {

// Throws at the line where brackets nest deeper than is allowed.
class DepthCheck {
 public:
  explicit DepthCheck(const Reading& reading) : reading_(reading) {}
  void feed(std::string_view text) {
    for (const char c : text) byte(c);
  }

 private:
  void byte(char c) {
    if (c == '\n') ++line_;
    if (in_text_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
      return;
    }
    if (c == '"') in_text_ = true;
    if (c == '}' || c == ']') --depth_;
    if ((c == '{' || c == '[') && ++depth_ > reading_.options.limits.nesting)
      throw input_error("nested deeper than " + std::to_string(reading_.options.limits.nesting) + " levels")
          .at(reading_.source.name(), line_);
  }
  const Reading& reading_;
  int depth_ = 0, line_ = 1;
  bool in_text_ = false, escaped_ = false;
};

std::string look_through(const Reading& reading) {
  DepthCheck check(reading);
  std::string block(std::size_t{1} << 20, '\0'), first;
  std::uint64_t offset = 0;
  while (const auto got = reading.source.read(offset, std::as_writable_bytes(std::span(block)))) {
    const std::string_view text(block.data(), got);
    if (offset == 0) first = std::string(trim(text.substr(0, 4096)));
    check.feed(text);
    offset += got;
  }
  return first;
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
  const auto reader = need(arrow::json::TableReader::Make(reading.pool.get(), reading.stream(), options, parse));
  const auto table = need(reader->Read());
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
