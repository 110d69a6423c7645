#include <fmt/format.h>

#include "base/markup.h"
#include "base/text.h"
#include "schema/validate.h"

namespace mlops::schema {
namespace {

std::string rows_of(const Result& result) {
  std::string out;
  for (const auto& offender : result.offenders)
    out += fmt::format("row {}: {}\n", offender.row, markup_text(offender.value));
  return out;
}

std::string case_of(const Report& report, const Result& result) {
  const std::string name = result.column.empty() ? result.expectation : result.column + ": " + result.expectation;
  std::string out =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"", markup_text(report.table), markup_text(name));
  if (result.passed) return out + "/>\n";
  return out + fmt::format(">\n      <failure message=\"{}\" type=\"expectation\">{}</failure>\n    </testcase>\n",
                           markup_text(result.reason), rows_of(result));
}

// "data/a.csv:3: 2 columns are expected, this line has 1".
std::string told(const Error& error) {
  return (error.line() > 0 ? fmt::format("{}:{}: ", error.file(), error.line()) : "") + error.message();
}

std::string error_of(const Report& report) {
  return fmt::format(
      "    <testcase classname=\"{0}\" name=\"the table can be read\">\n      <error message=\"{1}\" "
      "type=\"unreadable\">{1}</error>\n    </testcase>\n",
      markup_text(report.table), markup_text(told(*report.unread)));
}

}  // namespace

std::string to_junit(const std::vector<Report>& reports) {
  std::size_t tests = 0, failures = 0, errors = 0;
  std::string suites;
  for (const auto& report : reports) {
    const std::size_t unread = report.unread ? 1 : 0, cases = report.results.size() + unread;
    tests += cases;
    failures += report.failures();
    errors += unread;
    suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
                          markup_text(report.table), cases, report.failures(), unread);
    if (report.unread) suites += error_of(report);
    for (const auto& result : report.results) suites += case_of(report, result);
    suites += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mlops data validate\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\">\n{}</testsuites>\n",
      tests, failures, errors, suites);
}

Json to_json(const Report& report) {
  Json results = Json::array();
  for (const auto& result : report.results) {
    Json rows = Json::array();
    for (const auto& offender : result.offenders)
      rows.push_back({{"row", offender.row}, {"value", to_utf8(offender.value)}});
    results.push_back({{"column", result.column.empty() ? Json() : Json(to_utf8(result.column))},
                       {"expectation", to_utf8(result.expectation)},
                       {"passed", result.passed},
                       {"failures", result.failures},
                       {"reason", to_utf8(result.reason)},
                       {"rows", std::move(rows)}});
  }
  Json error;
  if (report.unread)
    error = {{"message", to_utf8(report.unread->message())},
             {"hint", to_utf8(report.unread->hint())},
             {"file", to_utf8(report.unread->file())},
             {"line", report.unread->line()}};
  return {{"error", std::move(error)},    {"table", to_utf8(report.table)}, {"schema", to_utf8(report.schema)},
          {"rows", report.rows},          {"passed", report.passed()},      {"failures", report.failures()},
          {"results", std::move(results)}};
}

}  // namespace mlops::schema
