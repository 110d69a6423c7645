// Every performance metric of tests/data/monitoring-golden.json, within 1e-12 of scikit-learn's number.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "monitor/metrics.h"

using namespace mlops;
using namespace mlops::monitor;

namespace {

const Json& golden() {
  static const Json k_golden = parse_json(read_file(MLOPS_TEST_DATA "/monitoring-golden.json"), "golden");
  return k_golden;
}

std::vector<double> numbers(const Json& values) {
  std::vector<double> out;
  for (const auto& value : values) out.push_back(value.get<double>());
  return out;
}

std::string name_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Hard answers; with 0 and 1 both stand in the classes, as positive means 1.
Judged classes_of(const Json& truth, const Json& predicted, TaskKind task) {
  std::set<std::string> names;
  if (task == TaskKind::binary) names = {"0", "1"};
  for (const auto* side : {&truth, &predicted})
    for (const auto& value : *side) names.insert(name_of(value));
  Judged out{.task = task, .classes = {names.begin(), names.end()}};
  const auto place = [&](const Json& value) {
    return static_cast<std::uint32_t>(std::find(out.classes.begin(), out.classes.end(), name_of(value)) -
                                      out.classes.begin());
  };
  for (const auto& value : truth) out.truth.push_back(place(value));
  for (const auto& value : predicted) out.predicted.push_back(place(value));
  return out;
}

void check(const std::string& what, const Outcome& got, const Json& want) {
  INFO(what << ": " << got.value << " for " << want.dump());
  if (!want.is_number()) {
    CHECK(!got.computable());
    return;
  }
  CHECK(got.computable());
  const double value = want.get<double>();
  CHECK(std::abs(got.value - value) <= 1e-12 * std::max(std::abs(value), 1e-3));
}

void check_all(const Judged& rows, const Json& want) {
  for (auto [key, value] : want.items()) {
    if (!value.is_number()) continue;  // a confusion matrix
    const bool negative = key.starts_with("neg_");
    const std::string name = negative ? key.substr(4) : key;
    const auto* metric = known_metric(name == "roc_auc_ovr_macro"   ? "roc_auc_ovr"
                                      : name == "roc_auc_ovo_macro" ? "roc_auc_ovo"
                                                                    : name);
    if (name == "mean_poisson_deviance_abs_inputs") continue;  // of other inputs: below
    INFO("no metric " << name);
    REQUIRE(metric != nullptr);
    REQUIRE(metric->fits(rows.task));
    check(name, metric->compute(rows), negative ? Json(-value.get<double>()) : value);
  }
}

}  // namespace

TEST_CASE("binary classification has scikit-learn's numbers", "[metrics]") {
  const auto& want = golden()["classification"];
  Judged rows = classes_of(want["y_true"], want["y_pred"], TaskKind::binary);
  rows.scores = numbers(want["y_prob"]);
  check_all(rows, want["sklearn"]);
}

TEST_CASE("several classes have scikit-learn's numbers", "[metrics]") {
  const auto& hard = golden()["multiclass"];
  check_all(classes_of(hard["y_true"], hard["y_pred"], TaskKind::multiclass), hard["sklearn"]);
  const auto& soft = golden()["multiclass_probability"];
  Judged rows = classes_of(soft["y_true"], soft["y_true"], TaskKind::multiclass);
  rows.score_classes = {0, 1, 2};
  for (const auto& line : soft["y_prob"])
    for (const double p : numbers(line)) rows.scores.push_back(p);
  check_all(rows, soft["sklearn"]);
}

TEST_CASE("regression has scikit-learn's numbers", "[metrics]") {
  const auto& want = golden()["regression"];
  Judged rows{.task = TaskKind::regression, .actual = numbers(want["y_true"]), .estimated = numbers(want["y_pred"])};
  check_all(rows, want["sklearn"]);
  check("mean error of Evidently", mean_error(rows), want["evidently"]["mean_error"]);
  check("mean absolute error of Evidently", mean_absolute_error(rows), want["evidently"]["mean_abs_error"]);
  check("largest error of Evidently", max_error(rows), want["evidently"]["abs_error_max"]);
  Judged positive = rows;
  for (auto& y : positive.actual) y = std::abs(y);
  for (auto& y : positive.estimated) y = std::abs(y) + 1e-9;
  check("poisson", mean_poisson_deviance(positive),
        -want["sklearn"]["neg_mean_poisson_deviance_abs_inputs"].get<double>());
  CHECK(!mean_poisson_deviance(rows).computable());
}

TEST_CASE("the edges have scikit-learn's numbers", "[metrics]") {
  int checked = 0;
  for (auto [name, item] : golden()["edge_metrics"].items()) {
    const std::string metric = item["metric"];
    const std::string average = item["options"].value("average", "");
    const auto* found = known_metric(average.empty() ? metric : metric.substr(0, metric.find('_')) + "_" + average);
    INFO(name);
    REQUIRE(found != nullptr);
    Judged rows;
    if (found->of_regression) {
      rows = {.task = TaskKind::regression, .actual = numbers(item["y_true"]), .estimated = numbers(item["y_pred"])};
    } else {
      const auto task = average.empty() ? TaskKind::binary : TaskKind::multiclass;
      const Json& hard = found->needs_scores ? item["y_true"] : item["y_pred"];
      rows = classes_of(item["y_true"], hard, task);
      if (found->needs_scores) rows.scores = numbers(item["y_pred"]);
    }
    check(name, found->compute(rows), item["sklearn"]);
    ++checked;
  }
  CHECK(checked == static_cast<int>(golden()["edge_metrics"].size()));
}

TEST_CASE("metrics are known by the names people use", "[metrics]") {
  CHECK(find_metric("test.auc").name == "roc_auc");
  CHECK(find_metric("mean_absolute_error").name == "mae");
  CHECK_THROWS_AS(find_metric("accurracy"), Error);
}
