// Classes and answers, batches of labels, what a window's record says, when an alarm begins and ends, the outbox.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "monitor/alarms.h"
#include "monitor/exposition.h"
#include "monitor/labels.h"
#include "monitor/notify.h"
#include "monitor/outputs.h"
#include "monitor/watch.h"

using namespace mlops;
using namespace mlops::monitor;

namespace {

struct Scratch {
  fs::path root;
  std::unique_ptr<data::Repository> repository;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "mlops-watch-XXXXXX").string();
    root = ::mkdtemp(name.data());
    data::Repository::init(root);
    repository = data::Repository::open(root);
  }
  ~Scratch() {
    repository.reset();
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

constexpr Micros k_minute = 60'000'000, k_begin = Micros{1'700'000'040} * 1'000'000;

table::Table traffic_of(Micros first, std::size_t rows, double shift, std::int64_t latency, std::int64_t status) {
  std::vector<std::string> ids;
  std::vector<std::int64_t> row(rows), time, latencies(rows, latency), statuses(rows, status);
  std::vector<double> x;
  for (std::size_t i = 0; i < rows; ++i) {
    ids.push_back("r" + std::to_string(first + static_cast<Micros>(i)));
    time.push_back(first + static_cast<Micros>(i));
    x.push_back(static_cast<double>(i * 31 % 97) / 97 + shift);
  }
  table::Table out;
  out.rows = rows;
  out.add(table::make_texts("request_id", ids));
  out.add(table::make_integers("row", row));
  out.add(table::make_times("time", time));
  out.add(table::make_integers("latency_us", latencies));
  out.add(table::make_integers("status", statuses));
  out.add(table::make_reals("in.x", x));
  return out;
}

table::Table reference_table() {
  table::Table out;
  std::vector<double> x;
  for (int i = 0; i < 500; ++i) x.push_back(i * 31 % 97 / 97.0);
  out.rows = x.size();
  out.add(table::make_reals("x", x));
  return out;
}

Json window(const std::string& verdict, int minute) {
  const std::string to = to_utc(k_begin + minute * k_minute);
  return {{"type", "window"},
          {"version", 1},
          {"key", "m"},
          {"from", to},
          {"to", to},
          {"time", to},
          {"rows", 1},
          {"requests", 1},
          {"checks",
           Json::array({{{"kind", "drift"}, {"verdict", verdict}, {"value", 1}, {"limit", 0.5}, {"text", "t"}}})}};
}

std::vector<Alarm> decide(meta::Database& database, const Json& body, std::size_t for_windows) {
  meta::Entry entry{database.seal(body), "window", "m", *parse_time(text_or(body, "time")), body};
  return decide_alarms(database, entry, for_windows, entry.time);
}

}  // namespace

TEST_CASE("truth values, whole reals and texts of digits meet as classes", "[watch]") {
  Answers answers;
  answers.truth = table::make_booleans("truth", {1, 0, 1, 0}, {1, 1, 1, 0});
  answers.prediction = table::make_reals("answer", {1, 0, 0, 1});
  const auto result = performance(answers, {});
  CHECK(result.task == TaskKind::binary);
  CHECK(result.classes == std::vector<std::string>{"0", "1"});
  CHECK(result.positive == "1");
  CHECK(result.whole.labelled == 3);
  CHECK(result.whole.find(find_metric("accuracy"))->value == Approx(2.0 / 3));
  answers.truth = table::make_texts("truth", {"10", "9", "10", "9"});
  answers.prediction = table::make_integers("answer", {10, 9, 9, 9});
  CHECK(performance(answers, {}).positive == "10");  // by value, not by bytes
}

TEST_CASE("a window without enough labels has no verdict", "[watch]") {
  Answers answers;
  answers.truth = table::make_integers("truth", {1, 0, 1});
  answers.prediction = table::make_integers("answer", {0, 0, 0});
  PerformanceOptions options;
  options.limit = MetricLimit{&find_metric("accuracy"), 0.9, true};
  CHECK(performance(answers, options).verdict() == PerformanceVerdict::too_few);
  options.minimum_rows = 3;
  CHECK(performance(answers, options).verdict() == PerformanceVerdict::violated);
  options.limit->metric = &find_metric("roc_auc");
  CHECK(performance(answers, options).verdict() == PerformanceVerdict::not_computable);
}

TEST_CASE("the signature says which output answers", "[watch]") {
  const auto tensor = [](const char* name, const char* type, Json shape) {
    return Json{{"name", name}, {"datatype", type}, {"shape", std::move(shape)}};
  };
  Json signature{{"outputs", Json::array({tensor("label", "INT64", {-1}), tensor("probabilities", "FP32", {-1, 2})})}};
  auto chosen = choose_outputs(signature, "", false);
  CHECK(chosen.prediction == "label");
  CHECK(chosen.scores == std::vector<std::string>{"probabilities_0", "probabilities_1"});
  signature["outputs"][1]["labels"] = {"no", "yes"};
  chosen = choose_outputs(signature, "probabilities", false);
  CHECK(chosen.prediction.empty());
  CHECK(chosen.scores == std::vector<std::string>{"probabilities_no", "probabilities_yes"});
  CHECK(chosen.score_classes == std::vector<std::string>{"no", "yes"});
  const Json price{{"outputs", Json::array({tensor("variable", "FP32", {-1, 1})})}};
  CHECK(choose_outputs(price, "", true).prediction == "variable");
  CHECK(choose_outputs(price, "", false).scores == std::vector<std::string>{"variable"});
  CHECK_THROWS_AS(choose_outputs(price, "prise", true), Error);
}

TEST_CASE("labels of several batches: the latest word holds", "[watch]") {
  Scratch scratch;
  auto& repository = *scratch.repository;
  const auto first = keep_labels(
      repository, "m", label_batch(Json::parse(R"([{"request_id":"a","label":1},{"request_id":"b","label":0}])")),
      "http", "");
  const auto second =
      keep_labels(repository, "m", label_batch(Json::parse(R"({"request_id":"a","label":"late"})")), "http", "");
  CHECK(!second.unchanged);
  CHECK(keep_labels(repository, "m", label_batch(Json::parse(R"([{"request_id":"a","label":"late"}])")), "http", "")
            .record == second.record);
  const LabelBook book(repository, "m");
  CHECK(book.size() == 2);
  CHECK(book.find("a", 0)->labels->show(book.find("a", 0)->row) == "late");
  CHECK(book.find("b", 0).has_value());
  CHECK(!book.find("b", 1).has_value());
  CHECK(LabelBook(repository, "other").size() == 0);
  CHECK(first.record != second.record);
  CHECK_THROWS_AS(label_batch(Json::parse(R"([{"request_id":"a","label":{}}])")), Error);
}

TEST_CASE("a window's record is a function of its input", "[watch]") {
  const auto reference = reference_table();
  WindowLimits limits;
  limits.drift_share = 0.5;
  limits.p99 = 5000;
  limits.errors = 0.1;
  const auto record = [&](const table::Table& traffic) {
    return window_record(
        {.model = "m", .from = k_begin, .to = k_begin + k_minute, .traffic = &traffic, .reference = &reference},
        limits);
  };
  const auto good = traffic_of(k_begin, 100, 0, 4000, 200), bad = traffic_of(k_begin, 100, 3, 6000, 500);
  const Json fine = record(good);
  CHECK(canonical_json(fine) == canonical_json(record(good)));
  CHECK(check_verdict(fine, "drift") == "ok");
  CHECK(check_verdict(fine, "latency") == "ok");
  CHECK(check_verdict(fine, "errors") == "ok");
  CHECK(check_verdict(fine, "performance") == "not judged");
  CHECK(check_verdict(record(bad), "drift") == "violated");
  CHECK(check_verdict(record(bad), "latency") == "too few");  // none was answered
  CHECK(check_verdict(record(bad), "errors") == "violated");
  CHECK(check_verdict(record(traffic_of(k_begin, 100, 0, 6000, 200)), "latency") == "violated");
  CHECK(check_verdict(record(traffic_of(k_begin, 29, 3, 4000, 200)), "drift") == "too few");
  const std::string text = monitor_metrics({{fine}, {}, 2, 1});
  CHECK(text.find("mlops_monitor_window_rows{model=\"m\"} 100\n") != std::string::npos);
  CHECK(text.find("mlops_monitor_latency_seconds{model=\"m\",quantile=\"0.99\"} 0.004\n") != std::string::npos);
  CHECK(text.find("mlops_monitor_deliveries_pending 2\n") != std::string::npos);
  CHECK(monitor_metrics({{Json{{"key", "old"}}}, {}, 0, 0}).find("window_rows") == std::string::npos);
}

TEST_CASE("alarms are transitions", "[watch]") {
  Scratch scratch;
  auto& database = scratch.repository->database();
  CHECK(decide(database, window("ok", 1), 2).empty());
  CHECK(decide(database, window("violated", 2), 2).empty());
  CHECK(decide(database, window("too few", 3), 2).empty());
  const auto fired = decide(database, window("violated", 4), 2);
  REQUIRE(fired.size() == 1);
  CHECK(fired.front().firing);
  CHECK(decide(database, window("violated", 4), 2).front().event == fired.front().event);  // asked again
  CHECK(decide(database, window("violated", 5), 2).empty());
  CHECK(decide(database, window("too few", 6), 2).empty());
  const auto over = decide(database, window("ok", 7), 2);
  REQUIRE(over.size() == 1);
  CHECK(!over.front().firing);
  CHECK(alarms(database, "m").size() == 1);
  CHECK(!alarms(database).front().firing);
  CHECK(database.list({.type = "event", .key = "alarm:m/drift"}).size() == 2);
}

TEST_CASE("windows follow each other, and what was planned is sealed as it was", "[watch]") {
  Scratch scratch;
  auto& database = scratch.repository->database();
  const auto reference = reference_table();
  const auto watch = [&] {
    WatchedModel model{.name = "m", .limits = {}, .traffic = {}, .reference = {}, .answers = {}};
    model.limits.drift_share = 0.5;
    model.traffic = [](Micros) { return traffic_of(k_begin + k_minute + 1, 50, 3, 1000, 200); };
    model.reference = [&](const table::Table&) -> const table::Table& { return reference; };
    model.answers = [](Micros, Micros, const table::Table&) { return std::optional<Answers>(); };
    std::vector<WatchedModel> models;
    models.push_back(std::move(model));
    return std::make_unique<Watch>(
        *scratch.repository, std::move(models),
        WatchOptions{.every = k_minute,
                     .wait = 0,
                     .since = k_begin,
                     .for_windows = 1,
                     .targets = {{.name = "team", .url = "http://127.0.0.1:9/", .secret = {}, .words = {}}}});
  };
  // Killed after it was planned: the content stands, whatever the data says now.
  const Json planned = window("violated", 1);
  meta::plan_window(database, {"m", k_begin, k_begin + k_minute, k_begin + k_minute, canonical_json(planned)});
  std::size_t told = 0;
  {
    auto first = watch();
    CHECK_THROWS_AS(watch(), Error);  // one at a time
    first->advance(k_begin + 3 * k_minute, [&](const Watch::Done&) { ++told; });
  }
  CHECK(told == 3);
  CHECK(meta::planned_windows(database, "m").empty());
  const auto windows = database.list({.type = "window", .key = "m", .limit = 0, .newest_first = false});
  REQUIRE(windows.size() == 3);
  CHECK(windows[0].body == planned);
  CHECK(integer_or(windows[1].body, "rows") == 50);
  CHECK(meta::due_deliveries(database, k_begin + 3 * k_minute).size() == 1);
  watch()->advance(k_begin + 3 * k_minute, [&](const Watch::Done&) { ++told; });
  CHECK(told == 3);
}

TEST_CASE("what is not taken is tried again, and given up in the end", "[watch]") {
  Scratch scratch;
  auto& database = scratch.repository->database();
  meta::add_delivery(database, {.key = "k", .target = "gone", .body = "{}", .made = 1});
  meta::add_delivery(database, {.key = "k", .target = "gone", .body = "other", .made = 1});
  Micros now = 10;
  for (int i = 1; i <= 30; ++i) {
    CHECK(deliver_due(database, {}, now, {}, [](const std::string&) {}) == 1);
    CHECK(deliver_due(database, {}, now, {}, [](const std::string&) {}) == 0);  // not at once
    now += Micros{301} * 1'000'000;
  }
  const auto lost = meta::deliveries(database, "given up");
  REQUIRE(lost.size() == 1);
  CHECK(lost.front().attempts == 30);
  CHECK(lost.front().body == "{}");
  meta::forget_deliveries(database, 2);
  CHECK(meta::deliveries(database, "").empty());
}
