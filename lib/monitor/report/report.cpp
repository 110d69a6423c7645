#include "monitor/report.h"

#include "base/error.h"
#include "monitor/report/pages.h"

namespace mlops::monitor {

std::string html_report(const Json& result) {
  const std::string type = text_or(result, "type");
  if (type == "drift") return drift_page(result);
  if (type == "profile") return profile_page(result);
  if (type == "performance") return performance_page(result);
  throw input_error("a report is drawn from a drift result, a profile or a performance result, not from \"" + type +
                    "\"");
}

}  // namespace mlops::monitor
