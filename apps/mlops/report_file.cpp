#include "report_file.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "monitor/report.h"

namespace mlops {

void check_report(const std::string& path, std::string_view mark) {
  const auto folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    throw input_error("there is no folder \"" + printable(folder.string()) + "\" for the report");
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status)) return;
  std::string begin(mark.size(), '\0');
  if (fs::is_regular_file(status)) {
    const Fd file = open_file(path, O_RDONLY | O_NONBLOCK);
    begin.resize(read_some(file.get(), std::as_writable_bytes(std::span(begin)), path));
  }
  if (!begin.empty() && begin != mark)
    throw input_error("\"" + printable(path) + "\" is there already and is no earlier report",
                      "name another file for the report, or remove that one first");
}

void write_report(const std::string& path, const Json& result) {
  check_report(path, k_html_report);
  replace_file(path, monitor::html_report(result), 0644, false);
}

}  // namespace mlops
