#include "monitor/exposition.h"

#include <iterator>

#include "base/text.h"
#include "base/time.h"
#include "monitor/window.h"
#include "web/metrics.h"

namespace mlops::monitor {
namespace {

// One family: its lines, with HELP and TYPE before the first.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view help) : out_(out), name_(name), help_(help) {}

  void add(const std::string& labels, const Json& value) {
    if (!value.is_number()) return;
    if (!begun_) fmt::format_to(std::back_inserter(out_), "# HELP {0} {1}\n# TYPE {0} gauge\n", name_, help_);
    begun_ = true;
    fmt::format_to(std::back_inserter(out_), "{}{} {}\n", name_, labels.empty() ? "" : "{" + labels + "}",
                   show_double(value.get<double>()));
  }

 private:
  std::string& out_;
  std::string_view name_, help_;
  bool begun_ = false;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, web::label_text(value));
}
// null where a record lacks it or is of another shape.
Json member(const Json& object, const char* key) { return object.is_object() ? object.value(key, Json()) : Json(); }

std::string model_label(const Json& window) { return label("model", text_or(window, "key")); }

Json check_member(const Json& window, std::string_view kind, const char* key) {
  const Json* check = find_check(window, kind);
  return check == nullptr ? Json() : member(*check, key);
}

void add_counts(std::string& out, const std::vector<Json>& windows) {
  Family rows(out, "mlops_monitor_window_rows", "Rows asked in the latest window.");
  for (const auto& window : windows) rows.add(model_label(window), member(window, "rows"));
  Family requests(out, "mlops_monitor_window_requests", "Requests of the latest window.");
  for (const auto& window : windows) requests.add(model_label(window), member(window, "requests"));
  Family end(out, "mlops_monitor_window_end_seconds", "When the latest window ended, seconds since 1970.");
  for (const auto& window : windows)
    end.add(model_label(window), static_cast<double>(parse_time(text_or(window, "to")).value_or(0)) / 1e6);
}

void add_drift(std::string& out, const std::vector<Json>& windows) {
  Family share(out, "mlops_monitor_drift_share", "Share of the tested columns that drift.");
  for (const auto& window : windows) share.add(model_label(window), check_member(window, "drift", "value"));
  const auto columns = [&](const char* name, const char* help, const auto& value) {
    Family family(out, name, help);
    for (const auto& window : windows) {
      const Json list = member(member(window, "drift"), "columns");
      for (const auto& column : list)
        family.add(model_label(window) + "," + label("column", text_or(column, "name")), value(column));
    }
  };
  columns("mlops_monitor_drift", "Share of a column's rows that moved.",
          [](const Json& column) { return member(column, "effect"); });
  columns("mlops_monitor_drifted", "1: the column drifts.",
          [](const Json& column) { return Json(text_or(column, "verdict") == "drift" ? 1 : 0); });
}

void add_performance(std::string& out, const std::vector<Json>& windows) {
  Family values(out, "mlops_monitor_performance", "Metrics over what became known in the latest window.");
  for (const auto& window : windows) {
    const Json metrics = member(member(window, "performance"), "metrics");
    for (const auto& [metric, value] : metrics.items())
      values.add(model_label(window) + "," + label("metric", metric), value);
  }
  Family labelled(out, "mlops_monitor_labelled_rows", "Rows that became known in the latest window.");
  for (const auto& window : windows) {
    const Json count = member(member(window, "performance"), "labelled");
    labelled.add(model_label(window), count.is_number() ? count : Json(0));
  }
}

void add_serving(std::string& out, const std::vector<Json>& windows) {
  Family latency(out, "mlops_monitor_latency_seconds", "Latency of requests in the latest window.");
  for (const auto& window : windows)
    for (const auto& [key, quantile] : {std::pair{"p50_us", "0.5"}, {"p95_us", "0.95"}, {"p99_us", "0.99"}})
      if (const Json micros = member(member(window, "latency"), key); micros.is_number())
        latency.add(model_label(window) + "," + label("quantile", quantile), micros.get<double>() / 1e6);
  Family errors(out, "mlops_monitor_error_share", "Share of requests that failed in the latest window.");
  for (const auto& window : windows) errors.add(model_label(window), check_member(window, "errors", "value"));
  Family limits(out, "mlops_monitor_limit", "What a check is held against.");
  for (const auto& window : windows)
    for (const auto kind : k_window_checks)
      limits.add(model_label(window) + "," + label("kind", kind), check_member(window, kind, "limit"));
}

}  // namespace

std::string monitor_metrics(const Exposed& exposed) {
  std::string out;
  add_counts(out, exposed.windows);
  add_drift(out, exposed.windows);
  add_performance(out, exposed.windows);
  add_serving(out, exposed.windows);
  Family alarms(out, "mlops_monitor_alarm", "1: the alarm fires.");
  for (const auto& window : exposed.windows)
    for (const auto kind : k_window_checks) {
      const bool firing = std::any_of(exposed.alarms.begin(), exposed.alarms.end(), [&](const Alarm& alarm) {
        return alarm.firing && alarm.kind == kind && alarm.model == text_or(window, "key");
      });
      alarms.add(model_label(window) + "," + label("kind", kind), firing ? 1 : 0);
    }
  Family pending(out, "mlops_monitor_deliveries_pending", "Notifications that wait for their receiver.");
  pending.add("", exposed.pending);
  Family lost(out, "mlops_monitor_deliveries_given_up", "Notifications that no receiver took.");
  lost.add("", exposed.given_up);
  return out;
}

}  // namespace mlops::monitor
