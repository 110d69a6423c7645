#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "track/keys.h"
#include "track/runs.h"
#include "track/series.h"

namespace mlops::track {
namespace {

using meta::RunHead;
using meta::TrackingTables;

std::string log_metric(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  const std::vector<LoggedPoint> points{point_of(fields)};
  service.write([&](TrackingTables& tables) {
    const RunHead run = active_run(tables, id);
    write_points(tables, run, points);
    touched(service, tables, run);
  });
  return "{}";
}

// The run with its points in the tables; nullopt where there is no such run.
std::optional<RunHead> with_points(Service& service, const std::string& id) {
  std::optional<RunHead> run;
  service.read([&](TrackingTables& tables) { run = tables.run(id); });
  if (run && !run->series.empty())
    service.write([&](TrackingTables& tables) {
      run = tables.run(id);
      if (run) load_series(service, tables, *run);
    });
  return run;
}

std::string get_history(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields), key = fields.need("metric_key");
  const std::size_t most = 1'000'000'000, limit = fields.limit(most, most), offset = fields.offset();
  std::string out = "{";
  const auto run = with_points(service, id);
  if (!run) return "{}";
  service.read([&](TrackingTables& tables) {
    auto points = tables.history(run->n, key, limit + 1, offset);
    const bool more = points.size() > limit;
    if (more) points.pop_back();
    out.reserve(points.size() * 90 + 64);
    for (std::size_t i = 0; i < points.size(); ++i) {
      out += i == 0 ? "\"metrics\":[" : ",";
      append_point(out, points[i]);
    }
    if (!points.empty()) out += "]";
    if (more) out += fmt::format(",\"next_page_token\":\"{}\"", page_token(offset + limit));
  });
  return out + "}";
}

// An even choice of the steps, with the first and the last.
std::set<std::int64_t> chosen_steps(const std::set<std::int64_t>& steps, std::size_t most) {
  if (steps.size() <= most) return steps;
  const std::vector<std::int64_t> all(steps.begin(), steps.end());
  std::set<std::int64_t> out;
  for (std::size_t i = 0; i < most; ++i) out.insert(all[most == 1 ? 0 : i * (all.size() - 1) / (most - 1)]);
  return out;
}

std::string get_history_interval(Service& service, const Fields& fields) {
  const auto ids = fields.texts("run_ids");
  const std::string key = fields.need("metric_key");
  if (ids.empty() || ids.size() > 100)
    throw invalid(fmt::format("run_ids must name 1 to 100 runs, not {}", ids.size()));
  const std::size_t most = fields.limit(320, 2500);
  const std::int64_t from = fields.integer("start_step").value_or(INT64_MIN),
                     to = fields.integer("end_step").value_or(INT64_MAX);
  if (from > to) throw invalid("start_step is greater than end_step");
  std::string out = "{\"metrics\":[";
  for (const auto& id : ids) {
    const auto run = with_points(service, id);
    if (!run) continue;
    std::vector<meta::Point> points;
    service.read([&](TrackingTables& tables) { points = tables.history(run->n, key, SIZE_MAX >> 1, 0); });
    std::erase_if(points, [&](const auto& point) { return point.step < from || point.step > to; });
    std::set<std::int64_t> steps;
    for (const auto& point : points) steps.insert(point.step);
    const auto chosen = chosen_steps(steps, most);
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return std::tie(a.step, a.time) < std::tie(b.step, b.time); });
    for (const auto& point : points) {
      if (!chosen.contains(point.step)) continue;
      if (out.back() != '[') out.push_back(',');
      append_point(out, point);
      out.back() = ',';
      out += fmt::format("\"run_id\":\"{}\"}}", run->id);
    }
  }
  return out.back() == '[' ? "{}" : out + "]}";
}

}  // namespace

LoggedPoint point_of(const Fields& fields) {
  LoggedPoint out{{fields.need("key"), fields.need_number("value"), fields.need_integer("timestamp"),
                   fields.integer("step").value_or(0)},
                  fields.text_or("model_id", ""),
                  fields.text_or("dataset_name", ""),
                  fields.text_or("dataset_digest", "")};
  check_key(out.point.key, "metric");
  if (out.point.time < 0) throw invalid(fmt::format("the timestamp of metric '{}' is before 1970", out.point.key));
  return out;
}

void write_points(TrackingTables& tables, const RunHead& run, const std::vector<LoggedPoint>& logged) {
  std::vector<meta::Point> points;
  std::map<std::string, std::vector<meta::ModelPoint>> of_models;
  for (const auto& one : logged) {
    points.push_back(one.point);
    if (!one.model.empty()) of_models[one.model].push_back({one.point, run.id, one.dataset, one.digest});
  }
  tables.log_points(run.n, points);
  for (const auto& [model, model_points] : of_models) {
    tables.add_model_points(model, model_points);
    tables.touch_logged_model(model);
  }
}

std::vector<Endpoint> metric_endpoints() {
  using enum web::Permission;
  return {{"POST", "/2.0/mlflow/runs/log-metric", write, log_metric},
          {"GET", "/2.0/mlflow/metrics/get-history", read, get_history},
          {"GET", "/2.0/mlflow/metrics/get-history-bulk-interval", read, get_history_interval}};
}

}  // namespace mlops::track
