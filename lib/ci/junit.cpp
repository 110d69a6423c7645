#include "ci/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mlops::ci {
namespace {

// Two code points that UTF-8 can write and XML can not.
std::string without_noncharacters(std::string text) {
  for (const char* bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (auto at = text.find(bad); at != std::string::npos; at = text.find(bad)) text.replace(at, 3, "?");
  return text;
}

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : without_noncharacters(printable(text))) {
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
        out += "&apos;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string value_text(const Row& row) { return row.value ? show_double(*row.value) : ""; }

std::string body(const Row& row) {
  const std::string value = value_text(row);
  const std::string text = xml(value.empty() || row.detail.empty() ? value + row.detail : value + ": " + row.detail);
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
    out += fmt::format("<testcase classname=\"mlops.{}\" name=\"{}\" time=\"0\">{}</testcase>\n", xml(row.kind),
                       xml(row.gate), body(row));
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace mlops::ci
