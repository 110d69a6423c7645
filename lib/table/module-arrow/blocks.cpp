#include "blocks.h"

#include <algorithm>

#include "base/error.h"

namespace mlops::table {
namespace {

constexpr std::size_t k_block = std::size_t{2} << 20;

}  // namespace

std::size_t open_quote(std::string_view text, char separator) {
  RecordEnds ends(separator);
  std::size_t out = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool was_inside = ends.inside();
    ends.last(text.substr(i, 1));
    if (!was_inside && ends.inside()) out = i;
  }
  return out;
}

void quote_not_closed(const Source& source, int line) {
  throw input_error("a quoted field is not closed", "the file is cut off, or a \" too many begins the field")
      .at(source.name(), line);
}

std::size_t RecordEnds::last(std::string_view text) {
  if (text.empty()) return 0;
  if (separator_ == 0 || (!inside() && text.find('"') == std::string_view::npos)) {
    const auto end = text.rfind('\n');
    state_ = text.back() == '\n' || text.back() == separator_ ? State::start : State::plain;
    return end == std::string_view::npos ? 0 : end + 1;
  }
  std::size_t found = 0;
  State state = state_;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (state == State::quoted) {
      if (c == '"') state = State::quote_in_quoted;
    } else if (c == '"' && state != State::plain) {
      state = State::quoted;
    } else if (c == '\n') {
      state = State::start;
      found = i + 1;
    } else {
      state = c == separator_ ? State::start : State::plain;
    }
  }
  state_ = state;
  return found;
}

Blocks::Blocks(const Source& source, std::uint64_t offset, int line, char separator, std::size_t longest)
    : source_(source), offset_(offset), line_(line), separator_(separator), ends_(separator), longest_(longest) {}

std::string Blocks::take(std::size_t end) {
  std::string out = rest_.substr(0, end);
  rest_.erase(0, end);
  return out;
}

std::optional<Block> Blocks::next() {
  std::size_t end = 0;
  while (end == 0 && !ended_) {
    if (rest_.size() > longest_)
      throw input_error("\"" + source_.name() + "\" has a row longer than is allowed (" +
                        std::to_string(longest_ >> 20) + " MiB)")
          .at(source_.name(), line_);
    const std::size_t before = rest_.size();
    rest_.resize(before + k_block);
    const auto got = source_.read(offset_, std::as_writable_bytes(std::span(rest_).subspan(before)));
    rest_.resize(before + got);
    offset_ += got;
    ended_ = got == 0;
    const auto found = ended_ ? rest_.size() : ends_.last(std::string_view(rest_).substr(before));
    if (found > 0) end = ended_ ? found : before + found;
  }
  if (ended_ && ends_.is_open()) {
    const auto before = std::string_view(rest_).substr(0, open_quote(rest_, separator_));
    quote_not_closed(source_, line_ + static_cast<int>(std::count(before.begin(), before.end(), '\n')));
  }
  if (ended_) end = rest_.size();
  if (end == 0) return std::nullopt;
  Block out{take(end), line_};
  line_ += static_cast<int>(std::count(out.text.begin(), out.text.end(), '\n'));
  return out;
}

}  // namespace mlops::table
