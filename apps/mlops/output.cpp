#include "output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "base/text.h"
#include "base/time.h"

namespace mlops {
namespace {

const char* code(Style style) {
  switch (style) {
    case Style::bold:
      return "1";
    case Style::dim:
      return "2";
    case Style::good:
      return "32";
    case Style::bad:
      return "31";
    case Style::warn:
      return "33";
    default:
      return "";
  }
}

int answer_failure = 0;  // errno of the first write to stdout that failed

void put(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) < text.size() && file == stdout && answer_failure == 0)
    answer_failure = errno;
}

// One line on a terminal's stderr after half a second, gone at the end; elsewhere one line every 30 s.
class TerminalProgress : public Progress {
 public:
  explicit TerminalProgress(bool terminal) : terminal_(terminal) {}
  void start(std::string_view what, std::uint64_t total) override {
    const std::lock_guard lock(mutex_);
    what_ = what;
    total_ = total;
    done_ = 0;
    started_ = shown_ = now_micros();
  }
  void advance(std::uint64_t done) override {
    const std::lock_guard lock(mutex_);
    done_ += done;
    const Micros now = now_micros();
    const Micros pause = terminal_ ? (visible_ ? 100'000 : 500'000) : 30'000'000;
    if (now - shown_ < pause) return;
    shown_ = now;
    show(now);
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    if (visible_) put(stderr, "\r\x1b[K");
    visible_ = false;
  }

 private:
  void show(Micros now) {
    const double seconds = std::max(1e-3, static_cast<double>(now - started_) / 1e6);
    const double rate = static_cast<double>(done_) / seconds;
    std::string text = fmt::format("{}  {}", printable(what_), show_count(done_));
    if (total_ > 0) text += "/" + show_count(total_);
    text += fmt::format("  {}/s", show_count(static_cast<std::uint64_t>(rate)));
    if (total_ > done_ && rate > 0)
      text += "  " + show_duration(static_cast<Micros>(static_cast<double>(total_ - done_) / rate * 1e6)) + " left";
    visible_ = terminal_;
    put(stderr, terminal_ ? "\r\x1b[K" + text : text + "\n");
    std::fflush(stderr);
  }

  bool terminal_, visible_ = false;
  std::mutex mutex_;
  std::string what_;
  std::uint64_t total_ = 0, done_ = 0;
  Micros started_ = 0, shown_ = 0;
};

std::string pad(const Text& text, std::size_t width, bool right, bool last, bool colour) {
  const auto have = text.width();
  const std::string blanks(have < width ? width - have : 0, ' ');
  if (right) return blanks + text.show(colour);
  return last ? text.show(colour) : text.show(colour) + blanks;
}

std::vector<std::size_t> widths(const Table& table) {
  std::vector<std::size_t> out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = display_width(table.columns[c].header);
    for (const auto& row : table.rows) width = std::max(width, row[c].width());
    out.push_back(width);
  }
  return out;
}

// Columns that fit, dropped by priority.
std::vector<std::size_t> fitting(const Table& table, const std::vector<std::size_t>& width) {
  std::vector<std::size_t> shown;
  std::size_t total = 0;
  for (std::size_t c = 0; c < width.size(); ++c) {
    shown.push_back(c);
    total += width[c] + 2;
  }
  while (total > terminal_width() + 2) {
    const auto victim = std::max_element(shown.begin(), shown.end(), [&](auto a, auto b) {
      return table.columns[a].priority <= table.columns[b].priority;
    });
    if (table.columns[*victim].priority == 0) break;
    total -= width[*victim] + 2;
    shown.erase(victim);
  }
  return shown;
}

}  // namespace

std::string Text::show(bool colour) const {
  std::string out;
  for (const auto& [text, style] : pieces_) {
    const bool dressed = colour && style != Style::plain && !text.empty();
    out += dressed ? fmt::format("\x1b[{}m{}\x1b[0m", code(style), printable(text)) : printable(text);
  }
  return out;
}

std::size_t Text::width() const {
  std::size_t total = 0;
  for (const auto& piece : pieces_) total += display_width(printable(piece.text));
  return total;
}

int unheard_why() {
  if (std::fflush(stdout) != 0 && answer_failure == 0) answer_failure = errno;
  if (std::ferror(stdout) != 0 && answer_failure == 0) answer_failure = EIO;
  return answer_failure;
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Output::Output(const OutputOptions& options)
    : options_(options), terminal_(isatty(STDOUT_FILENO) == 1), error_terminal_(isatty(STDERR_FILENO) == 1) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') options_.no_colour = true;
  if (options_.quiet || options_.json)
    progress_ = std::shared_ptr<Progress>(&no_progress(), [](Progress*) {});
  else
    progress_ = std::make_shared<TerminalProgress>(error_terminal_);
}

void Output::line(const Text& text) {
  if (!options_.quiet && !options_.json) put(stdout, text.show(terminal_ && !options_.no_colour) + "\n");
}

void Output::answer(const Text& text) { put(stdout, text.show(terminal_ && !options_.no_colour) + "\n"); }

void Output::table(const Table& table) {
  if (!terminal_) {
    const auto cells = [&](auto&& show) {
      for (std::size_t c = 0; c < table.columns.size(); ++c) put(stdout, (c > 0 ? "\t" : "") + show(c));
      put(stdout, "\n");
    };
    if (options_.header) cells([&](std::size_t c) { return table.columns[c].header; });
    for (const auto& row : table.rows) cells([&](std::size_t c) { return row[c].show(false); });
    return;
  }
  const bool colour = !options_.no_colour;
  const auto width = widths(table);
  const auto shown = fitting(table, width);
  const auto print = [&](auto&& cell) {
    std::string text;
    for (const auto c : shown)
      text += (text.empty() && c == shown.front() ? "" : "  ") +
              pad(cell(c), width[c], table.columns[c].right, c == shown.back(), colour);
    put(stdout, text + "\n");
  };
  print([&](std::size_t c) { return Text(table.columns[c].header, Style::dim); });
  for (const auto& row : table.rows) print([&](std::size_t c) { return row[c]; });
}

void Output::value(const Json& value) {
  put(stdout, value.dump(terminal_ ? 2 : -1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Output::raw(std::string_view bytes) {
  put(stdout, bytes);
  if (std::ferror(stdout) != 0) throw Unheard{};
}

void Output::note(const Text& text) {
  if (options_.quiet || options_.json) return;
  std::fflush(stdout);
  put(stderr, text.show(error_terminal_ && !options_.no_colour) + "\n");
}

void Output::warning(const std::string& text) {
  std::fflush(stdout);
  put(stderr, (Text("warning: ", Style::warn) + Text(text)).show(error_terminal_ && !options_.no_colour) + "\n");
}

void Output::error(const Error& error) {
  std::fflush(stdout);
  if (options_.json) {
    static constexpr std::array<const char*, 4> k_kinds{"usage", "input", "state", "outside"};
    const Json body{{"error",
                     {{"kind", k_kinds.at(static_cast<std::size_t>(error.kind()))},
                      {"message", to_utf8(error.message())},
                      {"hint", to_utf8(error.hint())},
                      {"file", to_utf8(error.file())},
                      {"line", error.line()},
                      {"column", error.column()}}}};
    put(stderr, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return;
  }
  const bool colour = error_terminal_ && !options_.no_colour;
  std::string place;
  if (error.line() > 0) {
    place = error.file() + ":" + std::to_string(error.line());
    if (error.column() > 0) place += ":" + std::to_string(error.column());
    place += ": ";
  }
  put(stderr, (Text("error: ", Style::bad) + Text(place + error.message())).show(colour) + "\n");
  if (!error.excerpt().empty()) put(stderr, fmt::format("{:>5} | {}\n", error.line(), printable(error.excerpt())));
  if (!error.hint().empty()) put(stderr, (Text("hint: ", Style::bold) + Text(error.hint())).show(colour) + "\n");
}

}  // namespace mlops
