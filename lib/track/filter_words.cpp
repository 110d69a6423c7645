#include "track/filter_words.h"

#include <fmt/format.h>

#include "track/api_error.h"
#include "web/http.h"

namespace mlops::track {
namespace {

constexpr std::size_t k_text_bytes = 1 << 20, k_words = 20'000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' ||
         c == '/' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Word> words() {
    std::vector<Word> out;
    while (true) {
      const std::size_t before = at_;
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      const bool attached = before == at_ && at_ > 0;
      if (at_ == text_.size()) break;
      out.push_back(next());
      out.back().attached = attached;
      if (out.size() > k_words) throw invalid("the filter has too many words");
    }
    out.push_back({Word::Kind::end, "", at_});
    return out;
  }

 private:
  Word next() {
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted(Word::Kind::quoted);
    if (c == '`') return quoted(Word::Kind::backticked);
    if (starts_number()) return number();
    if (is_name(c)) return name();
    return symbol();
  }

  // A quote inside stands twice.
  Word quoted(Word::Kind kind) {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size()) {
      if (text_[at_] != quote) {
        out.push_back(text_[at_++]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        out.push_back(quote);
        at_ += 2;
      } else {
        ++at_;
        return {kind, std::move(out), start};
      }
    }
    throw invalid(fmt::format("the filter has a quote at {} that is never closed", start + 1));
  }

  [[nodiscard]] bool starts_number() const {
    std::size_t at = at_;
    if (text_[at] == '-' || text_[at] == '+') ++at;
    if (at < text_.size() && text_[at] == '.') ++at;
    return at < text_.size() && is_digit(text_[at]);
  }

  Word number() {
    const std::size_t start = at_;
    if (text_[at_] == '-' || text_[at_] == '+') ++at_;
    while (at_ < text_.size() &&
           (is_name(text_[at_]) || ((text_[at_] == '+' || text_[at_] == '-') && (text_[at_ - 1] | 32) == 'e')))
      ++at_;
    return {Word::Kind::number, std::string(text_.substr(start, at_ - start)), start};
  }

  Word name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return {Word::Kind::name, std::string(text_.substr(start, at_ - start)), start};
  }

  Word symbol() {
    const std::size_t start = at_;
    for (const std::string_view two : {"!=", ">=", "<=", "<>", "=="})
      if (text_.substr(at_, 2) == two) {
        at_ += 2;
        return {Word::Kind::symbol, std::string(two), start};
      }
    if (std::string_view("=<>(),").find(text_[at_]) == std::string_view::npos)
      throw invalid(fmt::format("the filter can't be read at {}", at_ + 1));
    return {Word::Kind::symbol, std::string(1, text_[at_++]), start};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  if (text.size() > k_text_bytes) throw invalid("the filter is too long");
  return Reader(text).words();
}

bool is_keyword(const Word& word, std::string_view keyword) {
  return word.kind == Word::Kind::name && web::equal_names(word.text, keyword);
}

}  // namespace mlops::track
