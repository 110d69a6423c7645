// The one way out: results on stdout, everything else on stderr, every text from outside made printable first, colours
// and progress only on a terminal (threats: control bytes in names, logs and remote messages).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"

namespace mlops {

enum class Style { plain, bold, dim, good, bad, warn };

// Pieces of text, each with a style. Text from outside needs no care: printing escapes it.
class Text {
 public:
  Text() = default;
  Text(std::string text, Style style = Style::plain) {
    pieces_.push_back({std::move(text), style});
  }                                                    // NOLINT: implicit
  Text(const char* text) : Text(std::string(text)) {}  // NOLINT: implicit
  Text& operator+=(const Text& more) {
    pieces_.insert(pieces_.end(), more.pieces_.begin(), more.pieces_.end());
    return *this;
  }
  friend Text operator+(Text a, const Text& b) { return a += b; }
  [[nodiscard]] std::string show(bool colour) const;
  [[nodiscard]] std::size_t width() const;

 private:
  struct Piece {
    std::string text;
    Style style;
  };
  std::vector<Piece> pieces_;
};

struct Column {
  std::string header;
  bool right = false;  // numbers
  int priority = 0;    // the highest go first where the terminal is narrow; 0 stays
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Text>> rows;
};

struct OutputOptions {
  bool json = false, quiet = false, verbose = false, no_colour = false, header = false;
};

// Thrown where there is no use in going on with a long answer: standard output takes no more.
struct Unheard {};
// Why standard output took less than everything, as errno; 0: it took all.
int unheard_why();

class Output {
 public:
  explicit Output(const OutputOptions& options);

  [[nodiscard]] bool json() const { return options_.json; }
  [[nodiscard]] bool quiet() const { return options_.quiet; }
  [[nodiscard]] bool verbose() const { return options_.verbose; }
  [[nodiscard]] bool terminal() const { return terminal_; }

  // One line of a result. Says nothing under -q or --json.
  void line(const Text& text);
  // What was asked for (a list, a value): also under -q.
  void answer(const Text& text);
  void table(const Table& table);
  // One JSON value, indented on a terminal. Only what --json asks for.
  void value(const Json& value);
  // Bytes as they are (data cat). Throws Unheard.
  void raw(std::string_view bytes);
  // Everything else: on stderr. A note ("next: …") is for people only.
  void note(const Text& text);
  void warning(const std::string& text);
  void error(const Error& error);

  Progress& progress() { return *progress_; }

 private:
  OutputOptions options_;
  bool terminal_, error_terminal_;
  std::shared_ptr<Progress> progress_;
};

// Columns of the terminal, 80 where it can't be asked.
std::size_t terminal_width();

}  // namespace mlops
