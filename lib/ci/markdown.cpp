#include "ci/markdown.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mlops::ci::markdown {
namespace {

constexpr std::string_view k_marks = "\\`*_{}[]#!|~:$^%";  // a colon makes "http:" a link
constexpr const char* k_nothing = "\xE2\x80\x8B";          // U+200B: keeps @name, #1 and the like from being references

// Printable, valid UTF-8, cut between characters.
std::string bounded(const std::string& raw, std::size_t limit) {
  std::string out = to_utf8(printable(raw));
  if (out.size() <= limit) return out;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  return out.substr(0, end) + "…";
}

std::string line(const std::vector<std::string>& cells) { return "| " + join(cells, " | ") + " |\n"; }

}  // namespace

std::string text(const std::string& raw, std::size_t limit) {
  std::string out;
  for (const char c : bounded(raw, limit)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')
      out += std::string("@") + k_nothing;
    else {
      const bool of_address = c == '.' && out.ends_with("www");
      if (of_address || k_marks.find(c) != std::string_view::npos) out += '\\';
      out += c;
      if (c == '#' || c == '!' || c == '~' || c == '%' || c == '^' || c == '$') out += k_nothing;
    }
  }
  return out;
}

std::string code(const std::string& raw, std::size_t limit) {
  std::string out;
  for (const char c : bounded(raw, limit)) {
    if (c == '`')
      out += '\'';
    else if (c == '|')
      out += (out.ends_with('\\') ? std::string(k_nothing) : "") + "\\|";  // two would be an escaped backslash
    else
      out += c;
  }
  return out.empty() ? "" : "`" + out + "`";
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  std::size_t limit) {
  std::string out = line(header) + line(std::vector<std::string>(header.size(), "---"));
  for (std::size_t i = 0; i < rows.size() && i < limit; ++i) out += line(rows[i]);
  if (rows.size() > limit) {
    std::vector<std::string> more(header.size());
    more.front() = fmt::format("… {} more", rows.size() - limit);
    out += line(more);
  }
  return out + "\n";
}

}  // namespace mlops::ci::markdown
