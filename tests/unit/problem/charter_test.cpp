#include "problem/charter.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.h"
#include "problem/check.h"
#include "problem/template.h"

using namespace mlops;
using namespace mlops::problem;

namespace {

const std::string k_small = "name: churn\ntask: regression\nmetric: {name: rmse, direction: minimize, threshold: 2}\n";

struct Wrong {
  std::string message, hint;
  int line = 0, column = 0;
};

Wrong wrong(const std::string& text) {
  try {
    (void)parse_charter(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.file() == "problem.yaml");
    return {error.message(), error.hint(), error.line(), error.column()};
  }
  FAIL("was taken: " << text);
  return {};
}

Answer answer(const std::vector<Finding>& findings, const std::string& item) {
  for (const auto& finding : findings)
    if (finding.item == item) return finding.answer;
  FAIL("no item " << item);
  return Answer::unknown;
}

}  // namespace

TEST_CASE("a whole charter is read") {
  const auto charter = parse_charter(R"(name: churn
goal: Call customers before they leave
task: binary_classification
target: churned
positive: "yes"
alias: live
sources: [data, ./more/]
metric: {name: auc, direction: maximize, threshold: 0.86}
secondary: [{name: log_loss, direction: minimize, threshold: 0.4}, {name: f1, direction: maximize}]
latency: {p50: 1.5ms, p99: 20ms}
errors: 0.01
freshness: {data: 30d, model: 12h}
drift: {share: 0.3, tests: [psi], minimum_rows: 100}
retraining: {on: [drift, schedule], cron: '0 3 * * 1', zone: Europe/Berlin, stages: [train], cooldown: 1d}
)");
  CHECK(charter.name == "churn");
  CHECK(charter.alias == "live");
  CHECK(charter.sources == std::vector<std::string>{"data", "more"});
  CHECK(charter.metric.text() == "auc ≥ 0.86");
  CHECK(charter.metric.place.line == 8);
  CHECK(charter.secondary.size() == 2);
  CHECK(*charter.latency.p50 == 1500);
  CHECK_FALSE(charter.latency.p95);
  CHECK(*charter.latency.p99 == 20'000);
  CHECK(*charter.errors == 0.01);
  CHECK(wrong(k_small + "errors: 1.5\n").line == 4);
  CHECK(*charter.freshness.model == 12 * 3600 * Micros{1'000'000});
  CHECK(charter.drift.minimum_rows == 100u);
  CHECK(charter.retraining.has(Cause::drift));
  CHECK_FALSE(charter.retraining.has(Cause::data));
  CHECK(charter.retraining.words() == std::vector<std::string>{"mlops", "train", "run", "train"});
  CHECK(to_json(charter)["latency"]["p99_us"] == 20'000);
  CHECK(to_json(charter)["retraining"]["on"] == Json({"schedule", "drift"}));
}

TEST_CASE("one duration for freshness is that of the data") {
  CHECK(*parse_charter(k_small + "freshness: 7d\n").freshness.data == 7 * 86400 * Micros{1'000'000});
}

TEST_CASE("thresholds") {
  const Metric more{"auc", Direction::maximize, 0.5, {}}, less{"rmse", Direction::minimize, 0.5, {}};
  CHECK((more.meets(0.5) && more.meets(0.6) && !more.meets(0.4)));
  CHECK((less.meets(0.5) && less.meets(0.4) && !less.meets(0.6)));
  CHECK_FALSE(more.meets(std::nan("")));
  CHECK(show_target(1500) == "1.5 ms");
  CHECK(show_target(5400 * Micros{1'000'000}) == "1 h 30 min");
}

TEST_CASE("mistakes stand at their place, with a hint") {
  auto found = wrong(k_small + "sorces: [data]\n");
  CHECK(found.message == "key \"sorces\" has no meaning in the charter");
  CHECK(found.hint == "did you mean \"sources\"?");
  CHECK((found.line == 4 && found.column == 1));
  CHECK(wrong("name: a\ntask: regresion\nmetric: {}\n").hint == "did you mean \"regression\"?");
  CHECK(wrong("name: a\ntask: regression\n").message == "the charter needs \"metric\"");
  CHECK(wrong("name: a\ntask: regression\nmetric: {name: x, direction: maximize}\n").message ==
        "the primary metric needs a \"threshold\"");
  CHECK(wrong("name: a\ntask: regression\nmetric: {name: x, direction: up, threshold: 1}\n").line == 3);
  CHECK(wrong("name: a\ntask: regression\nmetric: {name: x, direction: maximize, threshold: much}\n").message ==
        "\"threshold\" must be a number");
  CHECK(wrong("name: a\ntask: regression\nmetric: {name: x, direction: maximize, threshold: .nan}\n").message ==
        "\"threshold\" must be a number");
  CHECK(wrong("name: 'a b'\n").message == "\"a b\" can't be a model's name");
  CHECK(wrong(k_small + "sources: [/etc]\n").message == "\"/etc\" is not a path inside the repository");
  CHECK(wrong(k_small + "sources: [../x]\n").message == "\"../x\" leads out of the repository");
  CHECK(wrong(k_small + "latency: {p50: 9ms, p99: 5ms}\n").message ==
        "a higher percentile can't be faster than a lower one");
  CHECK(wrong(k_small + "latency: {p50: soon}\n").message == "\"p50\" must be a duration");
  CHECK(wrong(k_small + "drift: {share: 2}\n").line == 4);
  CHECK(wrong(k_small + "retraining: {on: [drfit]}\n").hint == "did you mean \"drift\"?");
  CHECK(wrong(k_small + "retraining: {on: [schedule]}\n").message == "\"on: schedule\" needs \"cron\"");
  CHECK(wrong(k_small + "retraining: {on: [data], cron: '* * * * *'}\n").message ==
        "\"cron\" has no meaning without \"schedule\" in \"on\"");
  CHECK(wrong(k_small + "retraining: {on: [data], command: rm -rf x}\n").message ==
        "\"command\" must be a list of words: no shell reads it");
  CHECK(wrong(k_small + "retraining: {on: [data], command: [a], stages: [b]}\n").line == 4);
  CHECK(wrong("").message == "the file must be a map of keys");
  CHECK(wrong("- a\n").message == "the file must be a map of keys");
}

TEST_CASE("the template reads back as what it was filled with") {
  Known known;
  known.name = "churn";
  known.goal = "a: \"goal\" # with signs";
  known.target = "no";
  known.sources = {"data", "odd: name"};
  known.metrics = {"depth", "test.log_loss"};
  const auto charter = parse_charter(charter_template(known));
  CHECK(charter.goal == known.goal);
  CHECK(charter.target == "no");
  CHECK(charter.sources == known.sources);
  CHECK(charter.metric.name == "test.log_loss");
  CHECK(charter.metric.direction == Direction::minimize);
  known.metric = Metric{"rmse", Direction::minimize, 3.5, {}};
  CHECK(parse_charter(charter_template(known)).metric.threshold == 3.5);
  CHECK(parse_charter(charter_template(known)).task == Task::regression);
  CHECK(parse_charter(
            charter_template(
                {.name = "m", .goal = "", .target = "", .task = {}, .sources = {}, .metrics = {}, .metric = {}}))
            .sources.empty());
}

TEST_CASE("a charter is held against the facts") {
  const auto charter = parse_charter(R"(name: churn
goal: g
task: binary_classification
target: y
positive: "1"
sources: [data, gone]
metric: {name: auc, direction: maximize, threshold: 0.8}
latency: {p99: 20ms}
freshness: {data: 1d, model: 1d}
retraining: {on: [drift], stages: [trian]}
)");
  Facts facts;
  facts.now = 10 * 86400 * Micros{1'000'000};
  facts.sources = {{"data", true, "83f2c09a41de", facts.now - 1}, {"gone", false, "", std::nullopt}};
  facts.target = {1, "data/t.csv", true, 2, 10, 0, true, {"x", "y"}, ""};
  facts.pipeline = true;
  facts.stages = {"train"};
  facts.metrics_files = {"m.json"};
  auto found = check(charter, facts);
  CHECK(answer(found, "source data") == Answer::yes);
  CHECK(answer(found, "source gone") == Answer::no);
  CHECK(answer(found, "target y") == Answer::yes);
  CHECK(answer(found, "metric auc") == Answer::unknown);
  CHECK(answer(found, "auc ≥ 0.8") == Answer::unknown);
  CHECK(answer(found, "data at most 1 d old") == Answer::yes);
  CHECK(answer(found, "model at most 1 d old") == Answer::unknown);
  CHECK(answer(found, "p99 ≤ 20 ms") == Answer::unknown);
  CHECK(answer(found, "retraining") == Answer::no);
  facts.run = MetricsFact{"run 1", {{"auc", 0.9}}};
  facts.production = MetricsFact{"churn:1", {{"auc", 0.7}}};
  facts.production_time = 0;
  facts.alarms = {{"latency", true, "p99 is 40 ms", facts.now}, {"drift", false, "", 0}};
  facts.target.distinct = 3;
  facts.stages = {"trian"};
  facts.now += 2 * 86400 * Micros{1'000'000};
  found = check(charter, facts);
  CHECK(answer(found, "metric auc") == Answer::yes);
  CHECK(answer(found, "auc ≥ 0.8") == Answer::no);  // what is in production counts
  CHECK(answer(found, "target y") == Answer::no);
  CHECK(answer(found, "data at most 1 d old") == Answer::no);
  CHECK(answer(found, "model at most 1 d old") == Answer::no);
  CHECK(answer(found, "p99 ≤ 20 ms") == Answer::no);
  CHECK(answer(found, "no drift alarm") == Answer::yes);
  CHECK(answer(found, "retraining") == Answer::yes);
}
