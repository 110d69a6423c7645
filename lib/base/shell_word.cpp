#include "base/shell_word.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mlops {
namespace {

// $'…': bytes that a terminal must not see as they are, as \xNN.
std::string escaped(const std::string& text) {
  std::string out = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\')
      out += std::string("\\") + c;
    else if (byte < 0x20 || byte >= 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out + "'";
}

}  // namespace

std::string shell_word(const std::string& text) {
  static constexpr const char* k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@=,+%";
  if (!text.empty() && text.find_first_not_of(k_plain) == std::string::npos) return text;
  return printable(text) != text ? escaped(text) : shell_quoted(text);
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_path(const std::string& path) { return shell_word(path.starts_with('-') ? "./" + path : path); }

std::string shell_paths(const std::vector<std::string>& paths, std::size_t most) {
  if (paths.size() > most) return "PATH…";
  std::string out;
  for (const auto& path : paths) out += (out.empty() ? "" : " ") + shell_path(path);
  return out;
}

}  // namespace mlops
