#include "ci/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/markup.h"
#include "base/text.h"

namespace mlops::ci {
namespace {

std::string value_text(const Row& row) { return row.value ? show_double(*row.value) : ""; }

std::string body(const Row& row) {
  const std::string value = value_text(row);
  const std::string text =
      markup_text(value.empty() || row.detail.empty() ? value + row.detail : value + ": " + row.detail);
  if (row.answer == Answer::fail) return fmt::format("<failure message=\"{}\"/>", text);
  return text.empty() ? "" : fmt::format("<system-out>{}</system-out>", text);
}

}  // namespace

std::string junit(const Rows& rows) {
  const auto failed =
      std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.answer == Answer::fail; });
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format(
      "<testsuites>\n<testsuite name=\"mlops ci gate\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
      rows.size(), failed);
  for (const auto& row : rows)
    out += fmt::format("<testcase classname=\"mlops.{}\" name=\"{}\" time=\"0\">{}</testcase>\n", markup_text(row.kind),
                       markup_text(row.gate), body(row));
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace mlops::ci
