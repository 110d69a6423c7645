#include "web/query.h"

#include <charconv>

#include "base/text.h"
#include "web/http.h"

namespace mlops::web {
namespace {

std::string decode_form(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      unsigned code = 0;
      const char* begin = text.data() + i + 1;
      if (i + 2 >= text.size() || std::from_chars(begin, begin + 2, code, 16).ptr != begin + 2)
        throw Refusal(400, "the query holds a broken percent code");
      out.push_back(static_cast<char>(code));
      i += 2;
    }
  }
  // Line breaks and tabs are text that people write (notes, filters); NUL and its kind never are.
  for (const char c : out)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
      throw Refusal(400, "the query holds control characters");
  if (!is_utf8(out)) throw Refusal(400, "the query is not UTF-8");
  return out;
}

}  // namespace

Query::Query(std::string_view target) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return;
  for (const auto& part : split(target.substr(mark + 1), '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const std::string_view text = part;
    pairs_.emplace_back(decode_form(text.substr(0, equals)),
                        equals == std::string::npos ? std::string() : decode_form(text.substr(equals + 1)));
  }
}

std::optional<std::string> Query::first(std::string_view key) const {
  for (const auto& [name, value] : pairs_)
    if (name == key) return value;
  return std::nullopt;
}

std::vector<std::string> Query::all(std::string_view key) const {
  std::vector<std::string> out;
  for (const auto& [name, value] : pairs_)
    if (name == key) out.push_back(value);
  return out;
}

}  // namespace mlops::web
