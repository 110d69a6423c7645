// A text in pieces that end where a record ends, so that each can be read by itself.
#pragma once

#include <optional>
#include <string>

#include "table/source.h"

namespace mlops::table {

struct Block {
  std::string text;
  int first_line = 1;  // of the file
};

// Of a text that begins with a record and ends in a quoted field: where that field's quote stands.
std::size_t open_quote(std::string_view text, char separator);
// The error for a quoted field that no quote ends.
[[noreturn]] void quote_not_closed(const Source& source, int line);

// Finds the ends of records: newlines, but not those in a quoted CSV field.
class RecordEnds {
 public:
  // separator 0: every newline ends a record (JSON lines).
  explicit RecordEnds(char separator) : separator_(separator) {}
  // Goes on through `text`; the position after its last record end, 0 when it has none.
  std::size_t last(std::string_view text);
  // What follows belongs to a quoted field, or to what comes after a quote in one.
  [[nodiscard]] bool inside() const { return state_ == State::quoted || state_ == State::quote_in_quoted; }
  // The text ends before the field's second quote.
  [[nodiscard]] bool is_open() const { return state_ == State::quoted; }

 private:
  enum class State { start, plain, quoted, quote_in_quoted };
  char separator_;
  State state_ = State::start;
};

class Blocks {
 public:
  // From `offset` of the source, which is line `line`. `name` is for messages.
  Blocks(const Source& source, std::uint64_t offset, int line, char separator, std::size_t longest);
  // nullopt at the end. Throws Error(input) where a record is longer than `longest` bytes.
  std::optional<Block> next();

 private:
  std::string take(std::size_t end);
  const Source& source_;
  std::uint64_t offset_;
  int line_;
  char separator_;
  RecordEnds ends_;
  std::size_t longest_;
  std::string rest_;  // read and not handed out yet
  bool ended_ = false;
};

}  // namespace mlops::table
