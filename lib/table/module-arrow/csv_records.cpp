#include "csv_records.h"

#include "base/error.h"
#include "base/text.h"

namespace mlops::table {
namespace {

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
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
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

}  // namespace

CsvHeader read_csv_header(const Source& source, char separator, std::size_t limit) {
  Bytes bytes(source);
  std::string record;
  std::int32_t lines = 0;
  std::uint64_t count = 0;
  bool quoted = false;
  for (int c = bytes.next(); c >= 0; c = bytes.next()) {
    ++count;
    if (c == '\n') ++lines;
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) {
      drop_byte_order_mark(record);
      if (c == '\r') continue;
      if (!record.empty()) return {fields(record, separator), lines, count};
      continue;
    }
    record += static_cast<char>(c);
    if (record.size() > limit)
      throw input_error("\"" + source.name() + "\" begins with a line of more than " + show_size(limit));
  }
  drop_byte_order_mark(record);
  if (record.empty())
    throw input_error("\"" + source.name() + "\" is empty", "a table begins with a line of column names");
  return {fields(record, separator), lines + 1, count};
}

int line_of_record(const Source& source, std::int64_t number) {
  Bytes bytes(source);
  std::int64_t records = 0;
  int line = 1, start = 1;
  bool quoted = false, empty = true;
  for (int c = bytes.next(); c >= 0; c = bytes.next()) {
    if (c == '"') quoted = !quoted;
    if (c == '\n') ++line;
    if (c == '\n' && !quoted) {
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
