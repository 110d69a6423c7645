#include "base/markup.h"

#include "base/text.h"

namespace mlops {
namespace {

std::string without_noncharacters(std::string text) {
  for (const char* bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (auto at = text.find(bad); at != std::string::npos; at = text.find(bad, at)) text.replace(at, 3, "?");
  return text;
}

}  // namespace

std::string markup_text(std::string_view text) {
  std::string out;
  for (const char c : without_noncharacters(printable(to_utf8(text)))) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace mlops
