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

}  // namespace mlops
