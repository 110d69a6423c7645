#include "csv_records.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "blocks.h"

namespace mlops::table {
namespace {

constexpr std::string_view k_mark = "\xef\xbb\xbf";  // of the byte order

// One byte after the other, in blocks.
class Bytes {
 public:
  explicit Bytes(const Source& source) : source_(source), block_(std::size_t{1} << 16, '\0') {}
  // -1 at the end.
  int next() {
    if (at_ == filled_) {
      filled_ = source_.read(offset_, std::as_writable_bytes(std::span(block_)));
      offset_ += filled_;
      at_ = 0;
      if (filled_ == 0) return -1;
    }
    return static_cast<unsigned char>(block_[at_++]);
  }

 private:
  const Source& source_;
  std::string block_;
  std::uint64_t offset_ = 0;
  std::size_t at_ = 0, filled_ = 0;
};

void drop_byte_order_mark(std::string& text) {
  if (text.starts_with(k_mark)) text.erase(0, k_mark.size());
}

// The fields of one record, unquoted.
std::vector<std::string> fields(const std::string& record, char separator) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted && c == '"' && i + 1 < record.size() && record[i + 1] == '"') {
      out.back() += record[++i];
    } else if (c == '"' && (quoted || out.back().empty())) {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

int lines_before(const Source& source, std::uint64_t offset) {
  Bytes bytes(source);
  int out = 0;
  for (std::uint64_t i = 0; i < offset; ++i) out += bytes.next() == '\n' ? 1 : 0;
  return out;
}

}  // namespace

CsvHeader read_csv_header(const Source& source, char separator, std::size_t limit) {
  Bytes bytes(source);
  std::string record;
  std::int32_t lines = 0;
  std::uint64_t count = 0;
  RecordEnds ends(separator);
  bool after_return = false;
  for (int c = bytes.next(); c >= 0; c = bytes.next()) {
    ++count;
    if (c == '\n') ++lines;
    const char byte = static_cast<char>(c);
    if (after_return && c != '\n' && c != '\r')
      throw input_error("lines end with carriage returns alone", "tr '\\r' '\\n' <OLD >NEW   makes them newlines")
          .at(source.name(), 1);
    after_return = c == '\r' && !ends.is_open();
    const bool quoted = ends.is_open(), is_mark = count <= k_mark.size() && byte == k_mark[count - 1];
    if (!is_mark) ends.last({&byte, 1});
    if (!quoted && (c == '\n' || c == '\r')) {
      drop_byte_order_mark(record);
      if (c == '\r') continue;
      if (!record.empty()) return {fields(record, separator), lines, count};
      continue;
    }
    record += byte;
    if (record.size() > limit)
      throw input_error("\"" + source.name() + "\" begins with a line of more than " + show_size(limit));
  }
  if (ends.is_open()) {
    const auto rest = std::string_view(record).substr(open_quote(record, separator));
    quote_not_closed(source, lines + 1 - static_cast<int>(std::count(rest.begin(), rest.end(), '\n')));
  }
  drop_byte_order_mark(record);
  if (record.empty())
    throw input_error("\"" + source.name() + "\" is empty", "a table begins with a line of column names");
  return {fields(record, separator), lines + 1, count};
}

// Jumps from quote to quote: one opens a field where it follows the field's begin, or at once the quote that closed it.
void check_quotes(const Source& source, char separator, std::uint64_t offset) {
  std::string block(std::size_t{1} << 20, '\0');
  constexpr auto k_nowhere = ~std::uint64_t{0};
  std::uint64_t opened = k_nowhere, closed = k_nowhere;
  char before = '\n';
  while (const auto got = source.read(offset, std::as_writable_bytes(std::span(block)))) {
    const std::string_view text(block.data(), got);
    for (auto at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 1)) {
      const auto place = offset + at;
      const char last = at == 0 ? before : text[at - 1];
      if (opened != k_nowhere)
        closed = place, opened = k_nowhere;
      else if (last == separator || last == '\n' || last == '\r' || (closed != k_nowhere && closed + 1 == place))
        opened = place;
    }
    before = text.back();
    offset += got;
  }
  if (opened != k_nowhere) quote_not_closed(source, lines_before(source, opened) + 1);
}

int line_of_record(const Source& source, char separator, std::int64_t number) {
  Bytes bytes(source);
  std::int64_t records = 0;
  int line = 1, start = 1;
  bool empty = true;
  RecordEnds ends(separator);
  for (int c = bytes.next(); c >= 0; c = bytes.next()) {
    const char byte = static_cast<char>(c);
    const bool is_end = ends.last({&byte, 1}) > 0;
    if (c == '\n') ++line;
    if (is_end) {
      if (!empty && ++records == number) return start;
      start = line;
      empty = true;
    } else if (c != '\r') {
      empty = false;
    }
  }
  return !empty && records + 1 == number ? start : 0;
}

}  // namespace mlops::table
