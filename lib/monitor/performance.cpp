#include "monitor/performance.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace mlops::monitor {
namespace {

using Rows = std::vector<std::size_t>;
using Metrics = std::vector<const PerformanceMetric*>;

Metrics chosen_metrics(const PerformanceOptions& options, TaskKind task, bool scores) {
  Metrics out;
  for (const auto& metric : performance_metrics())
    if (options.metrics.empty() && metric.fits(task) && (scores || !metric.needs_scores)) out.push_back(&metric);
  for (const auto& name : options.metrics) out.push_back(&find_metric(name));
  if (options.limit && std::find(out.begin(), out.end(), options.limit->metric) == out.end())
    out.insert(out.begin(), options.limit->metric);
  return out;
}

Outcome compute(const PerformanceMetric& metric, const Judged& rows) {
  if (!metric.fits(rows.task)) return Outcome::none(fmt::format("it is not for {} tasks", to_text(rows.task)));
  if (metric.needs_scores && rows.scores.empty()) return Outcome::none("it needs scores");
  return metric.compute(rows);
}

void judge_window(PerformanceWindow& window, const PerformanceOptions& options) {
  if (!options.limit) return;
  if (window.judged < std::max<std::size_t>(options.minimum_rows, 1)) {
    window.verdict = PerformanceVerdict::too_few;
    window.reason = fmt::format("{} labelled rows; a verdict needs {}", window.judged,
                                std::max<std::size_t>(options.minimum_rows, 1));
    return;
  }
  const Outcome* outcome = window.find(*options.limit->metric);
  if (outcome == nullptr || !outcome->computable()) {
    window.verdict = PerformanceVerdict::not_computable;
    window.reason = outcome == nullptr ? "" : outcome->problem;
    return;
  }
  window.verdict = options.limit->meets(outcome->value) ? PerformanceVerdict::ok : PerformanceVerdict::violated;
}

PerformanceWindow window_of(const Judge& judge, const Answers& answers, const Rows& rows, const Metrics& metrics,
                            const PerformanceOptions& options) {
  PerformanceWindow out;
  out.rows = rows.size();
  for (const std::size_t row : rows) {
    if (judge.labelled(row)) ++out.labelled;
    if (!answers.time || !answers.time->valid(row)) continue;
    const Micros time = answers.time->times()[row];
    out.first = out.first == 0 ? time : std::min(out.first, time);
    out.last = std::max(out.last, time);
  }
  const Judged judged = judge.take(rows);
  out.judged = judged.rows();
  if (out.judged > 0)
    for (const auto* metric : metrics) out.values.emplace_back(metric, compute(*metric, judged));
  judge_window(out, options);
  return out;
}

Rows all_rows(const Answers& answers) {
  Rows out(answers.truth.rows());
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

Micros floor_to(Micros time, Micros step) {
  const Micros rest = time % step;
  return time - (rest < 0 ? rest + step : rest);
}

std::vector<std::pair<std::optional<Micros>, Rows>> by_time(const Answers& answers, Micros every) {
  if (!answers.time || answers.time->kind != table::Kind::time)
    throw input_error("windows of time need the rows' times", "--time COLUMN names them; --by 500 takes rows");
  std::map<Micros, Rows> windows;
  for (const std::size_t row : all_rows(answers))
    if (answers.time->valid(row)) windows[floor_to(answers.time->times()[row], every)].push_back(row);
  return {windows.begin(), windows.end()};
}

std::vector<std::pair<std::optional<Micros>, Rows>> by_rows(const Answers& answers, std::size_t size) {
  Rows rows = all_rows(answers);
  if (answers.time && answers.time->kind == table::Kind::time)
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::size_t a, std::size_t b) { return answers.time->times()[a] < answers.time->times()[b]; });
  std::vector<std::pair<std::optional<Micros>, Rows>> out;
  for (std::size_t at = 0; at < rows.size(); at += size)
    out.emplace_back(std::nullopt, Rows(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                        rows.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, rows.size()))));
  return out;
}

}  // namespace

std::string MetricLimit::text() const {
  return fmt::format("{} {} {}", metric->name, at_least ? "≥" : "≤", show_double(value));
}

Slices parse_slices(const std::string& text) {
  std::size_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error == std::errc() && end == text.data() + text.size() && rows > 0) return {0, rows};
  const auto every = parse_duration(text);
  if (every && *every > 0) return {*every, 0};
  throw usage_error("\"" + printable(text) + "\" is no size of a window",
                    "for example 1h, 1d, or 500 for as many rows");
}

const char* to_text(PerformanceVerdict verdict) {
  static constexpr std::array<const char*, 5> k_names{"ok", "violated", "too few", "not computable", "not judged"};
  return k_names.at(static_cast<std::size_t>(verdict));
}

const Outcome* PerformanceWindow::find(const PerformanceMetric& metric) const {
  for (const auto& [candidate, outcome] : values)
    if (candidate == &metric) return &outcome;
  return nullptr;
}

const PerformanceWindow* PerformanceResult::deciding() const {
  if (windows.empty()) return &whole;
  for (auto window = windows.rbegin(); window != windows.rend(); ++window)
    if (window->complete &&
        (window->verdict == PerformanceVerdict::ok || window->verdict == PerformanceVerdict::violated))
      return &*window;
  return nullptr;
}

PerformanceVerdict PerformanceResult::verdict() const {
  const auto* window = deciding();
  if (window != nullptr) return window->verdict;
  return options.limit ? PerformanceVerdict::too_few : PerformanceVerdict::not_judged;
}

PerformanceResult performance(const Answers& answers, const PerformanceOptions& options) {
  for (const auto& name : options.metrics) (void)find_metric(name);
  const Judge judge(answers, options.task, options.positive);
  PerformanceResult out;
  out.options = options;
  out.task = judge.task();
  out.classes = judge.classes();
  out.positive = judge.positive();
  out.scores = judge.has_scores();
  const Metrics metrics = chosen_metrics(options, out.task, out.scores);
  out.whole = window_of(judge, answers, all_rows(answers), metrics, options);
  if (options.by.every == 0 && options.by.rows == 0) return out;
  const auto slices = options.by.every > 0 ? by_time(answers, options.by.every) : by_rows(answers, options.by.rows);
  for (const auto& [from, rows] : slices) {
    PerformanceWindow window = window_of(judge, answers, rows, metrics, options);
    window.from = from;
    if (from) window.to = *from + options.by.every;
    window.complete = from ? *window.to <= options.now : rows.size() == options.by.rows;
    out.windows.push_back(std::move(window));
  }
  return out;
}

}  // namespace mlops::monitor
