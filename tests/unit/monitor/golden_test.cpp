// Every value of tests/data/monitoring-golden.json that a statistic of ours has, within the tolerances of
// share/doc/drift.md. The file was computed by SciPy, Evidently and scikit-learn; its `versions` says which.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "base/file.h"
#include "base/json.h"
#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "monitor/tails.h"
#include "table/histogram.h"
#include "table/sorted.h"

using namespace mlops;
using namespace mlops::monitor;

namespace {

const Json& golden() {
  static const Json k_golden = parse_json(read_file(MLOPS_TEST_DATA "/monitoring-golden.json"), "golden");
  return k_golden;
}

// What was compared, printed at the end.
struct Tally {
  int compared = 0;
  ~Tally() { std::fprintf(stderr, "golden values compared: %d\n", compared); }
};
Tally tally;

std::vector<double> cleaned(const Json& values) {
  std::vector<double> out;
  for (const auto& value : values)
    if (value.is_number())
      out.push_back(value.is_number_float() ? value.get<double>() : static_cast<double>(value.get<std::int64_t>()));
  table::sort_values(out);
  return out;
}

// "(i*A mod B)/B, i = 0..N-1" and "((i*A mod B)*21 - O)/D", as golden.py makes them.
std::vector<double> generated(std::int64_t count, std::int64_t factor, std::int64_t modulus, std::int64_t offset,
                              std::int64_t divisor) {
  std::vector<double> out;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t x = i * factor % modulus;
    out.push_back(static_cast<double>(offset < 0 ? x : x * 21 - offset) / static_cast<double>(divisor));
  }
  return out;
}

void check_p(const std::string& what, double got, double want, double relative = 1e-7, double absolute = 1e-9) {
  INFO(what << ": " << got << " for " << want);
  ++tally.compared;
  if (want < 1e-12) relative = 0;
  CHECK(std::abs(got - want) <= absolute + relative * std::abs(want));
}

void check_distance(const std::string& what, double got, double want) {
  INFO(what << ": " << got << " for " << want);
  ++tally.compared;
  const bool root_of_nothing = want < 1e-4 && (what.ends_with("jensenshannon") || what.ends_with("hellinger"));
  CHECK(std::abs(got - want) <= (root_of_nothing ? 3e-8 : 1e-12 + 1e-9 * std::abs(want)));
}

void check_outcome(const std::string& what, const Statistic& statistic, const Outcome& got, const Json& want) {
  if (!want.is_number()) {
    INFO(what << " has no value: " << want.dump());
    ++tally.compared;
    CHECK(!got.computable());
    CHECK(std::isnan(got.value));
  } else if (statistic.direction == Direction::distance) {
    check_distance(what, got.value, want);
  } else if (statistic.name == "es") {
    check_p(what, got.value, want, 1e-6, 1e-10);
  } else {
    check_p(what, got.value, want);
  }
}

std::string key_text(const Json& value) {
  return value.is_boolean() ? (value.get<bool>() ? "true" : "false") : value.get<std::string>();
}

Counts counted(const Json& reference, const Json& current) {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> by_key;
  for (const auto& value : reference)
    if (!value.is_null()) ++by_key[key_text(value)].first;
  for (const auto& value : current)
    if (!value.is_null()) ++by_key[key_text(value)].second;
  Counts out;
  for (const auto& [key, count] : by_key) {
    out.keys.push_back(key);
    out.reference.push_back(count.first);
    out.current.push_back(count.second);
  }
  return out;
}

std::size_t distinct_of(const Numbers& numbers) {
  std::size_t out = 0;
  for_each_value(numbers, [&](double, std::size_t, std::size_t) { ++out; });
  return out;
}

void check_default(const std::string& what, const Statistic& got, const Json& want) {
  static const std::map<std::string, std::string> k_names{{"z", "z"},
                                                          {"chisquare", "chisquare"},
                                                          {"ks", "ks"},
                                                          {"jensenshannon", "jensenshannon"},
                                                          {"wasserstein", "wasserstein"}};
  INFO(what);
  tally.compared += 2;
  CHECK(std::string(got.name) == k_names.at(want["test"].get<std::string>()));
  CHECK(got.threshold == want["threshold"].get<double>());
}

void check_evidently(const std::string& name, const Numbers& numbers, const Json& want) {
  for (const auto& [test, value] : want.items()) {
    const auto& statistic = find_statistic(test);
    // Evidently's own exact Cramér–von Mises overflows or fails on small samples; SciPy's value holds there.
    const bool faulty = test == "cramer_von_mises" && std::max(numbers.reference.size(), numbers.current.size()) <= 20;
    if (faulty && !value.is_number()) continue;
    if (faulty)
      check_p(name + " evidently." + test, statistic.of_numbers(numbers).value, value, 0, 1e-6);
    else
      check_outcome(name + " evidently." + test, statistic, statistic.of_numbers(numbers), value);
  }
}

void check_edges(const std::string& what, const std::vector<double>& got, const Json& want) {
  INFO(what);
  ++tally.compared;
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got[i] == Approx(want[i].get<double>()).epsilon(1e-12).margin(1e-12));
}

}  // namespace

TEST_CASE("Numbers: the values of Evidently") {
  for (const auto& [name, one] : golden()["numeric"].items()) {
    const auto x = cleaned(one["reference"]), y = cleaned(one["current"]);
    const Numbers numbers{x, y};
    check_evidently(name, numbers, one["evidently"]);
    check_default(name, default_statistic(true, x.size(), distinct_of(numbers)), one["evidently_default"]);
  }
}

TEST_CASE("Numbers: the values of SciPy") {
  for (const auto& [name, one] : golden()["numeric"].items()) {
    const auto x = cleaned(one["reference"]), y = cleaned(one["current"]);
    const Numbers numbers{x, y};
    const auto& want = one["scipy"];
    const double d = ks_distance(numbers);
    const auto cvm = cramer_von_mises_statistic(numbers);
    const std::size_t n = x.size(), m = y.size();
    check_distance(name + " ks_statistic", d, want["ks_statistic"]);
    check_p(name + " ks_pvalue_exact", ks_exact(n, m, d), want["ks_pvalue_exact"]);
    check_p(name + " ks_pvalue_asymp", ks_asymptotic(n, m, d), want["ks_pvalue_asymp"]);
    check_p(name + " ks_pvalue_auto", ks(numbers).value, want["ks_pvalue_auto"]);
    check_distance(name + " wasserstein", wasserstein_distance(numbers), want["wasserstein"]);
    check_distance(name + " energy_distance", energy_distance(numbers).value, want["energy_distance"]);
    check_distance(name + " cvm statistic", cvm.t, want["cramer_von_mises_statistic"]);
    check_p(name + " cvm asymptotic", cramer_von_mises_asymptotic(n, m, cvm.t),
            want["cramer_von_mises_pvalue_asymptotic"]);
    check_outcome(name + " cvm auto", find_statistic("cramer_von_mises"), cramer_von_mises(numbers),
                  want["cramer_von_mises_pvalue_auto"]);
    check_distance(name + " U", mann_whitney_u(numbers), want["mannwhitney_U_reference"]);
    check_outcome(name + " mannwhitney less", find_statistic("mannw"), mann_whitney(numbers),
                  want["mannwhitney_pvalue_less"]);
    check_outcome(name + " t_pvalue", find_statistic("t_test"), t_test(numbers), want["t_pvalue"]);
    if (want["t_statistic"].is_number())
      check_distance(name + " t_statistic", t_statistic(numbers), want["t_statistic"]);
    check_outcome(name + " anderson", find_statistic("anderson"), anderson(numbers), want["anderson_pvalue_capped"]);
    if (want["anderson_midrank_statistic"].is_number())
      check_distance(name + " anderson statistic", anderson_statistic(numbers), want["anderson_midrank_statistic"]);
    check_outcome(name + " epps_singleton", find_statistic("es"), epps_singleton(numbers),
                  want["epps_singleton_pvalue"]);
  }
}

TEST_CASE("Numbers: edges of histograms") {
  for (const auto& [name, one] : golden()["numeric"].items()) {
    const auto x = cleaned(one["reference"]), y = cleaned(one["current"]);
    const Numbers numbers{x, y};
    check_edges(name, table::sturges_edges(lowest(numbers), highest(numbers), x.size() + y.size()),
                one["histogram_edges_of_pool"]["sturges"]);
    const auto& of_reference = one["histogram_edges_of_reference"];
    check_edges(name, table::sturges_edges(x.front(), x.back(), x.size()), of_reference["sturges"]);
    const auto shape = table::moments(x);
    check_edges(name, table::doane_edges(x.front(), x.back(), x.size(), shape.skewness, shape.sd),
                of_reference["doane"]);
  }
}

TEST_CASE("Numbers: long samples that a formula makes") {
  const std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> inputs{
      {"ten_thousand_rows", {generated(12000, 7919, 12007, -1, 12007), generated(11000, 104729, 11003, 4400, 220060)}},
      {"small_reference_large_current",
       {generated(900, 7919, 911, -1, 911), generated(10500, 104729, 11003, 4400, 220060)}},
      {"chunks", {generated(1005, 7919, 1009, -1, 1009), generated(507, 104729, 521, 200, 10420)}}};
  for (const auto& [name, one] : golden()["generated"].items()) {
    auto [x, y] = inputs.at(name);
    REQUIRE(x[1] == one["first_and_sum"]["reference"][0].get<double>());
    REQUIRE(y[1] == one["first_and_sum"]["current"][0].get<double>());
    table::sort_values(x);
    table::sort_values(y);
    const Numbers numbers{x, y};
    check_evidently(name, numbers, one["evidently"]);
    check_default(name, default_statistic(true, x.size(), distinct_of(numbers)), one["evidently_default"]);
  }
}

TEST_CASE("Categories: the values of Evidently and SciPy") {
  for (const auto& [name, one] : golden()["categorical"].items()) {
    const auto counts = counted(one["reference"], one["current"]);
    tally.compared += 2;
    CHECK(Json(counts.reference).size() == one["counts"]["reference"].size());
    std::uint64_t rows = 0;
    for (const auto& count : one["counts"]["current"]) rows += count.get<std::uint64_t>();
    CHECK(counts.current_rows() == static_cast<double>(rows));
    for (const auto& [test, value] : one["evidently"].items()) {
      const auto& statistic = find_statistic(test);
      check_outcome(name + " evidently." + test, statistic, statistic.of_categories(counts), value);
    }
    check_distance(name + " scipy.jensenshannon", jensenshannon(counts).value, one["scipy"]["jensenshannon_base_e"]);
    check_default(name, default_statistic(false, static_cast<std::size_t>(counts.reference_rows()), counts.keys.size()),
                  one["evidently_default"]);
    const auto& fisher = one["scipy"]["fisher_pvalue"];
    if (fisher.is_number() && counts.keys.size() == 2)
      check_p(name + " fisher",
              fisher_two_sided(counts.reference[0], counts.reference[1], counts.current[0], counts.current[1]), fisher);
  }
}

TEST_CASE("Tails of distributions") {
  const auto& tails = golden()["tails"];
  const auto two = [](const std::string& key) {
    const auto comma = key.find(',');
    return std::pair{std::stod(key), std::stod(key.substr(comma + 1))};
  };
  for (const auto& [z, want] : tails["kolmogorov_sf"].items())
    check_p("kolmogorov " + z, kolmogorov_limit_sf(std::stod(z)), want);
  for (const auto& [key, want] : tails["chi2_sf"].items())
    check_p("chi2 " + key, chi2_sf(two(key).first, two(key).second), want);
  for (const auto& [z, want] : tails["normal_two_sided"].items())
    check_p("normal " + z, 2 * normal_sf(std::stod(z)), want);
  for (const auto& [key, want] : tails["kstwo_sf"].items())
    check_p("kstwo " + key, kolmogorov_sf(two(key).first, static_cast<std::size_t>(two(key).second)), want);
}
