#include "report_file.h"

#include "base/error.h"
#include "base/file.h"
#include "monitor/report.h"

namespace mlops {

void write_report(const std::string& path, const Json& result) {
  const auto folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    throw input_error("there is no folder \"" + folder.string() + "\" for the report");
  replace_file(path, monitor::html_report(result), 0644, false);
}

std::string shell_word(const std::string& text) {
  static constexpr const char* k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@=,+%";
  if (!text.empty() && text.find_first_not_of(k_plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace mlops
