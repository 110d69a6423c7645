#include "monitor/performance.h"

#include <cmath>

#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "monitor/answers.h"
#include "monitor/model_tables.h"
#include "report_file.h"
#include "table_input.h"

namespace mlops {
namespace {

using monitor::PerformanceResult;
using monitor::PerformanceVerdict;
using monitor::PerformanceWindow;

struct Options {
  std::string model, file, truth, time, since, task, threshold, by, report, positive;
  AnswerColumns columns;
  monitor::PerformanceOptions performance;
};

std::string brief(double value) { return fmt::format("{:.4g}", value); }

Style style_of(PerformanceVerdict verdict) {
  if (verdict == PerformanceVerdict::violated) return Style::bad;
  return verdict == PerformanceVerdict::ok ? Style::good : Style::plain;
}

void print_metrics(Output& out, const PerformanceResult& result) {
  Table table{{{"metric"}, {"value", true}, {"limit", true, 1}, {"", false, 2}}, {}};
  for (const auto& [metric, outcome] : result.whole.values) {
    const bool judged = result.options.limit && result.options.limit->metric == metric;
    table.rows.push_back({Text(std::string(metric->name), judged ? Style::bold : Style::plain),
                          outcome.computable() ? Text(brief(outcome.value)) : Text("—"),
                          judged ? Text(result.options.limit->text()) : Text(""), Text(outcome.problem, Style::dim)});
  }
  out.table(table);
}

// The metric that is judged, else the first that was computed.
const monitor::PerformanceMetric* shown_metric(const PerformanceResult& result) {
  if (result.options.limit) return result.options.limit->metric;
  return result.whole.values.empty() ? nullptr : result.whole.values.front().first;
}

std::string window_name(const PerformanceWindow& window) {
  const Micros start = window.from ? *window.from : window.first;
  return start == 0 ? std::string("—") : to_utc(start).substr(0, 16);
}

void print_windows(Output& out, const PerformanceResult& result) {
  const auto* metric = shown_metric(result);
  Table table{{{"from"},
               {"rows", true},
               {"labelled", true},
               {metric == nullptr ? "value" : std::string(metric->name), true},
               {"verdict"},
               {"", false, 1}},
              {}};
  for (const auto& window : result.windows) {
    const auto* outcome = metric == nullptr ? nullptr : window.find(*metric);
    table.rows.push_back({Text(window_name(window)), std::to_string(window.rows), std::to_string(window.labelled),
                          outcome != nullptr && outcome->computable() ? Text(brief(outcome->value)) : Text("—"),
                          Text(to_text(window.verdict), style_of(window.verdict)),
                          Text(window.complete ? window.reason : "not complete yet", Style::dim)});
  }
  out.table(table);
}

void add_words(std::string& line, const char* option, const std::string& value) {
  if (!value.empty()) line += std::string(" ") + option + " " + shell_word(value);
}

std::string command_line(const Options& options) {
  std::string out = "mlops monitor performance";
  if (!options.model.empty()) out += " " + shell_word(options.model);
  for (const auto& [option, value] : {std::pair{"--file", &options.file},
                                      {"--truth", &options.truth},
                                      {"--prediction", &options.columns.prediction},
                                      {"--time", &options.time},
                                      {"--since", &options.since},
                                      {"--task", &options.task},
                                      {"--positive", &options.positive},
                                      {"--threshold", &options.threshold},
                                      {"--by", &options.by}})
    add_words(out, option, *value);
  add_words(out, "--score", join(options.columns.scores, ","));
  add_words(out, "--metric", join(options.performance.metrics, ","));
  return out;
}

std::pair<monitor::Answers, Json> answers_of_file(const Options& options) {
  if (options.truth.empty())
    throw usage_error("--file needs the column with the truth", "--truth COLUMN --prediction COLUMN [--score COLUMN]");
  const auto named = read_named_table(options.file, {});
  monitor::Answers out;
  out.truth = named.table.need(options.truth);
  if (!options.columns.prediction.empty()) out.prediction = named.table.need(options.columns.prediction);
  for (const auto& score : options.columns.scores) out.scores.push_back(named.table.need(score));
  if (!options.time.empty()) out.time = named.table.need(options.time);
  return {std::move(out), named.provenance};
}

std::pair<monitor::Answers, Json> answers_of_model(Options& options) {
  const auto repository = data::Repository::open();
  const auto model = monitored_model(*repository, options.model);
  options.columns.task = options.performance.task = task_of(options.task, model.charter);
  if (model.charter && options.performance.positive.empty()) options.performance.positive = model.charter->positive;
  options.performance.limit = limit_of(options.threshold, options.performance.metrics, model.charter);
  const auto traffic = traffic_rows(*repository, model, parse_since(options.since));
  const std::string name = model.all_versions ? model.version.name : model.version.label();
  if (traffic.rows == 0)
    throw input_error(name + " has answered no request" + (options.since.empty() ? " yet" : " in that time"),
                      fmt::format("mlops serve {} logs what it is asked", name));
  auto labelled = label_traffic(*repository, model, traffic, options.columns);
  return {std::move(labelled.answers), {{"name", "traffic of " + name}, {"model", name}, {"rows", traffic.rows}}};
}

PerformanceResult compute(Options& options) {
  if (options.model.empty() == options.file.empty())
    throw usage_error(options.model.empty() ? "there is nothing to judge" : "a model or a file is judged, not both",
                      "name a model (churn@prod), or --file TABLE --truth COLUMN --prediction COLUMN");
  if (!options.by.empty()) options.performance.by = monitor::parse_slices(options.by);
  options.performance.positive = options.positive;
  options.performance.now = now_micros();
  for (const auto& name : options.performance.metrics) (void)monitor::find_metric(name);
  options.performance.task = task_of(options.task, std::nullopt);
  if (!options.file.empty())
    options.performance.limit = limit_of(options.threshold, options.performance.metrics, std::nullopt);
  auto [answers, provenance] = options.file.empty() ? answers_of_model(options) : answers_of_file(options);
  auto result = monitor::performance(answers, options.performance);
  result.provenance = {
      {"data", provenance}, {"time", to_utc(now_micros())}, {"command", to_utf8(command_line(options))}};
  return result;
}

void define_options(CLI::App& app, Options& options) {
  auto& performance = options.performance;
  app.add_option("MODEL", options.model, "the traffic of this model with the labels that came for it");
  app.add_option("--file", options.file, "a table with truth and answers instead")->type_name("TABLE");
  app.add_option("--truth", options.truth, "its column of what was true")->type_name("COLUMN");
  app.add_option("--prediction", options.columns.prediction, "the column (or the model's output) that answers")
      ->type_name("COLUMN");
  app.add_option("--score", options.columns.scores, "the column of the positive class's probability, or one a class")
      ->type_name("COLUMN…")
      ->delimiter(',');
  app.add_option("--time", options.time, "the file's column of times, for windows")->type_name("COLUMN");
  app.add_option("--since", options.since, "only traffic of the last 12h, 7d, … or from a time on")->type_name("AGE");
  app.add_option("--by", options.by, "window by window: 1h, 1d, or 500 rows each")->type_name("SIZE");
  app.add_option("--metric", performance.metrics, "only these metrics")->type_name("NAME…")->delimiter(',');
  app.add_option("--threshold", options.threshold, "what must be kept: 0.86 or auc=0.86; else problem.yaml's")
      ->type_name("LIMIT");
  app.add_option("--task", options.task, "what kind of answers these are, where it can't be told")
      ->check(CLI::IsMember({"binary", "multiclass", "regression"}));
  app.add_option("--positive", options.positive, "the class that counts as positive")->type_name("CLASS");
  app.add_option("--min-labels", performance.minimum_rows, "fewer labelled rows give no verdict (30)")->type_name("N");
  app.add_option("--report", options.report, "also write a page for a browser")->type_name("FILE.html");
}

}  // namespace

Run define_monitor_performance(CLI::App& app) {
  auto options = std::make_shared<Options>();
  define_options(app, *options);
  return [options](Context& context) {
    Output& out = context.out;
    if (!options->report.empty()) check_report(options->report, k_html_report);
    const auto result = compute(*options);
    const Json json = to_json(result);
    if (!options->report.empty()) write_report(options->report, json);
    if (out.json()) {
      out.value(json);
    } else if (!out.quiet()) {
      if (result.windows.empty())
        print_metrics(out, result);
      else
        print_windows(out, result);
    }
    out.line(Text(verdict_in_words(result), style_of(result.verdict())) +
             Text(options->report.empty() ? "" : " · report " + options->report));
    return result.verdict() == PerformanceVerdict::violated ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
