// The tables of runs: which value is the latest, how searches order, that a write is whole or not at all, and that no
// filter that the parser takes is one that SQL can't do.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "data/repository.h"
#include "track/filter_parse.h"
#include "track/service.h"

using namespace mlops;
using namespace mlops::track;
using meta::Point;
using meta::TrackingTables;

namespace {

struct Scratch {
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "track-XXXXXX").string();
    path = ::mkdtemp(name.data());
    data::Repository::init(path);
    repository = data::Repository::open(path);
    service = std::make_unique<Service>(*repository);
  }
  ~Scratch() {
    service.reset();
    repository.reset();
    std::filesystem::remove_all(path);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path path;
  std::unique_ptr<data::Repository> repository;
  std::unique_ptr<Service> service;
};

std::int64_t add(TrackingTables& tables, const std::string& id, const std::vector<Point>& points,
                 std::int64_t started = 0) {
  meta::RunHead run;
  run.id = run.name = id;
  run.status = "RUNNING";
  run.started = started;
  const auto n = tables.add_run(run);
  tables.log_points(n, points);
  return n;
}

std::vector<std::string> found(Service& service, const std::string& filter,
                               const std::vector<std::string>& order = {}) {
  meta::RunSearch search;
  search.filter = parse_filter(filter, Domain::runs);
  search.order = parse_orders(order, Domain::runs);
  std::vector<std::string> out;
  service.read([&](TrackingTables& tables) {
    for (const auto& run : tables.search(search)) out.push_back(run.id);
    REQUIRE(tables.count(search) == out.size());
  });
  return out;
}

using Ids = std::vector<std::string>;
const double k_nan = std::nan("");

}  // namespace

TEST_CASE("the latest value is the greatest of step, time, value") {
  Scratch scratch;
  scratch.service->write([&](TrackingTables& tables) {
    const auto n =
        add(tables, "a", {{"m", 5, 10, 1}, {"m", 1, 5, 2}, {"m", 2, 5, 2}, {"m", 9, 99, 0}, {"m", k_nan, 4, 2}});
    tables.log_points(n, std::vector<Point>{{"m", 2, 5, 2}});  // a repeat
    tables.log_points(n, std::vector<Point>{{"m", 7, 100, 1}});
  });
  scratch.service->read([&](TrackingTables& tables) {
    const auto run = *tables.run("a");
    const auto view = tables.view(run);
    REQUIRE(view.metrics.size() == 1);
    CHECK(view.metrics[0].value == 2);
    const auto history = tables.history(run.n, "m", 100, 0);
    REQUIRE(history.size() == 6);
    CHECK(std::isnan(history[0].value));
    CHECK(history.back().time == 100);
  });
}

TEST_CASE("values, then NaN, then what is missing, in both directions") {
  Scratch scratch;
  scratch.service->write([&](TrackingTables& tables) {
    add(tables, "none", {}, 1);
    add(tables, "nan", {{"m", k_nan, 0, 0}}, 2);
    add(tables, "two", {{"m", 2, 0, 0}}, 3);
    add(tables, "one", {{"m", 1, 0, 0}}, 4);
    add(tables, "inf", {{"m", std::numeric_limits<double>::infinity(), 0, 0}}, 5);
  });
  CHECK(found(*scratch.service, "", {"metrics.m"}) == Ids{"one", "two", "inf", "nan", "none"});
  CHECK(found(*scratch.service, "", {"metrics.m DESC"}) == Ids{"inf", "two", "one", "nan", "none"});
  CHECK(found(*scratch.service, "") == Ids{"inf", "one", "two", "nan", "none"});
  CHECK(found(*scratch.service, "", {"start_time ASC"}) == Ids{"none", "nan", "two", "one", "inf"});
  CHECK(found(*scratch.service, "metrics.m != 1", {"metrics.m"}) == Ids{"two", "inf", "nan"});
  CHECK(found(*scratch.service, "not metrics.m = 1", {"metrics.m"}) == Ids{"two", "inf", "nan", "none"});
  CHECK(found(*scratch.service, "metrics.m < 2 or metrics.m is null", {"metrics.m"}) == Ids{"one", "none"});
  CHECK(found(*scratch.service, "end_time > 0").empty());
  CHECK(found(*scratch.service, "not end_time > 0").size() == 5);
}

TEST_CASE("a write is whole or not at all, and the others of its group are not harmed") {
  Scratch scratch;
  CHECK_THROWS_AS(scratch.service->write([&](TrackingTables& tables) {
    add(tables, "half", {{"new metric", 1, 0, 0}});
    throw invalid("no");
  }),
                  ApiError);
  scratch.service->write([&](TrackingTables& tables) { add(tables, "whole", {{"new metric", 1, 0, 0}}); });
  CHECK(found(*scratch.service, "") == Ids{"whole"});
  CHECK(found(*scratch.service, "metrics.`new metric` = 1") == Ids{"whole"});
}

TEST_CASE("SQL in names and values is text") {
  Scratch scratch;
  const std::string evil = "x'); DROP TABLE tracked_run; --";
  scratch.service->write([&](TrackingTables& tables) {
    const auto n = add(tables, "a", {{evil, 1, 0, 0}});
    tables.set_value(meta::Values::run_tag, n, evil, evil);
  });
  CHECK(found(*scratch.service, "tags.`" + evil + "` = \"" + evil + "\" and metrics.`" + evil + "` > 0",
              {"metrics.`" + evil + "`"}) == Ids{"a"});
}

TEST_CASE("random filters are refused or answered") {
  Scratch scratch;
  scratch.service->write([&](TrackingTables& tables) { add(tables, "a", {{"m", 1, 0, 0}}); });
  static constexpr const char* k_words[] = {"metrics.m",
                                            "params.p",
                                            "tags.`t t`",
                                            "run_id",
                                            "start_time",
                                            "datasets.name",
                                            "datasets.context",
                                            "and",
                                            "or",
                                            "not",
                                            "(",
                                            ")",
                                            "=",
                                            "!=",
                                            ">",
                                            "<=",
                                            "like",
                                            "ilike",
                                            "in",
                                            "is",
                                            "null",
                                            "1",
                                            "-2.5e3",
                                            "'x'",
                                            "\"y\"",
                                            "('a', 'b')",
                                            "%",
                                            ",",
                                            "status",
                                            "attributes.end_time",
                                            "'%_'",
                                            "`"};
  std::mt19937 random(7);
  int answered = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    // Half are built like a filter, so that many get through.
    for (unsigned k = 0, n = 1 + random() % 9; k < n; ++k) {
      if (i % 2 == 0) {
        text += std::string(k_words[random() % std::size(k_words)]) + " ";
        continue;
      }
      static constexpr const char* k_parts[] = {
          "metrics.m > 1",   "params.p = 'x'",         "tags.`t t` is not null", "run_id in ('a', 'b')",
          "start_time <= 5", "datasets.name like '%'", "not status ilike 'r%'",  "(run_id = 'a' or end_time < 3)"};
      text += std::string(k == 0 ? "" : random() % 2 == 0 ? " and " : " or ") + k_parts[random() % std::size(k_parts)];
    }
    INFO(text);
    try {
      (void)found(*scratch.service, text);
      ++answered;
    } catch (const ApiError& error) {
      CHECK(error.status == 400);
    }
  }
  CHECK(answered > 1500);
}
