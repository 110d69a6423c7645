#include "monitor/drift.h"

#include <cmath>

#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "monitor/chart.h"
#include "monitor/model_tables.h"
#include "report_file.h"
#include "table_input.h"

namespace mlops {
namespace {

using monitor::ColumnDrift;
using monitor::DriftResult;
using monitor::Verdict;

struct Options {
  std::string model, since, reference, current;
  std::vector<std::string> tests, columns, thresholds;
  std::string correction, report;
  monitor::DriftOptions drift;
};

double number(const std::string& text, const std::string& option) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !std::isfinite(value) || value < 0)
    throw usage_error("\"" + text + "\" is no limit for " + option, "a number, for all tests, or TEST=NUMBER");
  return value;
}

// "0.2" for all tests, "ks=0.01" for one.
void set_thresholds(Options& options) {
  for (const auto& text : options.thresholds) {
    const auto equals = text.find('=');
    if (equals == std::string::npos)
      options.drift.threshold = number(text, "--threshold");
    else
      options.drift.thresholds[text.substr(0, equals)] = number(text.substr(equals + 1), "--threshold");
  }
}

std::string brief(double value) {
  if (value != 0 && std::abs(value) < 0.001) return fmt::format("{:.0e}", value);
  return fmt::format("{:.{}f}", value, std::abs(value) < 100 ? 3 : 0);
}

// "tenure 41 % → 29 %": the category that moved most.
std::string biggest_move(const monitor::Chart& chart) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < chart.labels.size(); ++i)
    if (std::abs(chart.current[i] - chart.reference[i]) > std::abs(chart.current[best] - chart.reference[best]))
      best = i;
  if (chart.labels.empty()) return {};
  return fmt::format("\"{}\" {:.0f} % → {:.0f} %", chart.labels[best].substr(0, 24), 100 * chart.reference[best],
                     100 * chart.current[best]);
}

std::string names(const char* word, const std::vector<monitor::Category>& list, std::size_t count) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min<std::size_t>(list.size(), 2); ++i)
    shown.push_back("\"" + list[i].name.substr(0, 24) + "\"");
  return word + join(shown, ", ") + (count > shown.size() ? fmt::format(" and {} more", count - shown.size()) : "");
}

std::string detail(const ColumnDrift& column) {
  if (column.verdict == Verdict::not_tested || column.verdict == Verdict::not_computable || column.tests.empty())
    return column.reason;
  if (column.verdict == Verdict::drift && !column.reason.empty()) return column.reason;
  if (!column.chart.edges.empty()) return sparkline(column.chart, false) + " → " + sparkline(column.chart, true);
  if (!column.appeared.empty()) return names("new: ", column.appeared, column.appeared_count);
  if (!column.gone.empty()) return names("gone: ", column.gone, column.gone_count);
  return biggest_move(column.chart);
}

Text answer(const ColumnDrift& column) {
  switch (column.verdict) {
    case Verdict::drift:
      return {"yes", Style::bad};
    case Verdict::none:
      return {"no", Style::plain};
    default:
      return {monitor::to_text(column.verdict), Style::warn};
  }
}

void print(Output& out, const DriftResult& result) {
  Table table{{{"feature"},
               {"test", false, 1},
               {"value", true},
               {"limit", true, 2},
               {"moved", true, 3},
               {"drift"},
               {"", false, 4}},
              {}};
  for (const auto& column : result.columns) {
    const bool tested = !column.tests.empty();
    const auto* test = tested ? &column.tests.front() : nullptr;
    const bool has_value = tested && test->problem.empty();
    table.rows.push_back(
        {Text(column.name, Style::bold), tested ? Text(std::string(test->statistic->name)) : Text("—"),
         has_value ? Text(brief(test->value)) : Text("—"), tested ? Text(brief(test->threshold)) : Text("—"),
         has_value ? Text(fmt::format("{:.1f} %", 100 * column.effect)) : Text("—"), answer(column), detail(column)});
  }
  out.table(table);
}

void print_missing(Output& out, const DriftResult& result) {
  if (!result.only_reference.empty()) out.note("only in the reference: " + join(result.only_reference, ", "));
  if (!result.only_current.empty()) out.note("only in the current data: " + join(result.only_current, ", "));
}

// The command line that gives this result again.
std::string command_line(const Options& options) {
  std::string out = "mlops monitor drift";
  for (const auto& [name, value] : {std::pair{" ", &options.model},
                                    {" --since ", &options.since},
                                    {" --reference ", &options.reference},
                                    {" --current ", &options.current}})
    if (!value->empty()) out += name + shell_word(*value);
  for (const auto& [name, list] : {std::pair{" --test ", &options.tests},
                                   {" --columns ", &options.columns},
                                   {" --threshold ", &options.thresholds}}) {
    std::vector<std::string> words;
    for (const auto& item : *list) words.push_back(shell_word(item));
    if (!words.empty()) out += name + join(words, " ");
  }
  if (!options.correction.empty()) out += " --correct " + options.correction;
  if (options.drift.minimum_effect > 0) out += fmt::format(" --min-effect {}", options.drift.minimum_effect);
  if (options.drift.minimum_rows != monitor::DriftOptions{}.minimum_rows)
    out += fmt::format(" --min-rows {}", options.drift.minimum_rows);
  return out;
}

// Two tables by name, or a model's training table and its traffic.
std::pair<NamedTable, NamedTable> read_tables(const Options& options) {
  if (options.model.empty()) {
    if (options.reference.empty() || options.current.empty())
      throw usage_error("there is nothing to compare",
                        "name a model (churn@prod), or --reference TABLE and --current TABLE");
    return {read_named_table(options.reference, options.columns), read_named_table(options.current, options.columns)};
  }
  if (!options.reference.empty() && !options.current.empty())
    throw usage_error("with --reference and --current no model is asked for");
  const auto repository = data::Repository::open();
  auto current = options.current.empty() ? read_traffic_table(*repository, options.model, parse_since(options.since))
                                         : read_named_table(options.current, {});
  auto reference = options.reference.empty() ? read_training_table(*repository, options.model, current.table)
                                             : read_named_table(options.reference, {});
  return {std::move(reference), std::move(current)};
}

DriftResult compute(Options& options) {
  set_thresholds(options);
  options.drift.tests = options.tests;
  options.drift.columns = options.columns;
  options.drift.correct = !options.correction.empty();
  options.drift.stop = interrupt_token();
  monitor::check(options.drift);
  const auto [reference, current] = read_tables(options);
  auto result = monitor::drift(reference.table, current.table, options.drift);
  result.provenance = {{"reference", reference.provenance},
                       {"current", current.provenance},
                       {"time", to_utc(now_micros())},
                       {"command", to_utf8(command_line(options))}};
  return result;
}

}  // namespace

Run define_monitor_drift(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "compare the logged traffic of this model with the data it was trained on");
  app.add_option("--since", options->since, "only traffic of the last 12h, 7d, … or from a time on")->type_name("AGE");
  app.add_option("--reference", options->reference, "what to compare with, else the model's training data")
      ->type_name("TABLE");
  app.add_option("--current", options->current, "what came in, else the model's traffic")->type_name("TABLE");
  app.add_option("--test", options->tests, "tests instead of each column's default; all: every one that fits")
      ->type_name("NAME…")
      ->delimiter(',');
  app.add_option("--columns", options->columns, "only these columns")->type_name("NAME…")->delimiter(',');
  app.add_option("--threshold", options->thresholds, "other limits: 0.2 for all tests, ks=0.01 for one")
      ->type_name("LIMIT…")
      ->delimiter(',');
  app.add_option("--min-effect", options->drift.minimum_effect, "less than this share of rows moved is no drift")
      ->type_name("SHARE");
  app.add_option("--min-rows", options->drift.minimum_rows, "fewer values give no verdict (10)")->type_name("N");
  app.add_option("--report", options->report, "also write a page for a browser")->type_name("FILE.html");
  app.add_option("--correct", options->correction, "for many p-values: bh (Benjamini and Hochberg)")
      ->type_name("bh")
      ->check(CLI::IsMember({"bh"}));
  return [options](Context& context) {
    Output& out = context.out;
    if (!options->report.empty()) check_report(options->report, k_html_report);
    const auto result = compute(*options);
    const Json json = to_json(result);
    if (!options->report.empty()) write_report(options->report, json);
    if (out.json())
      out.value(json);
    else if (!out.quiet())
      print(out, result);
    print_missing(out, result);
    out.line(Text(verdict_in_words(result), result.drift() ? Style::bad : Style::good) +
             Text(options->report.empty() ? "" : " · report " + options->report));
    return result.drift() ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
