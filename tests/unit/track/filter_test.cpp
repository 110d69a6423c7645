// The search language: what is read, what is refused, and what matches.
#include <catch2/catch.hpp>

#include <map>

#include "track/api_error.h"
#include "track/filter_parse.h"

using namespace mlops;
using namespace mlops::track;
using meta::Entity;

namespace {

bool found(const std::string& filter, const std::map<std::string, Worth>& values, Domain domain = Domain::runs) {
  return matches(parse_filter(filter, domain), [&](Entity entity, const std::string& key) -> std::optional<Worth> {
    const char* prefix = entity == Entity::metric  ? "metrics."
                         : entity == Entity::param ? "params."
                         : entity == Entity::tag   ? "tags."
                                                   : "";
    const auto at = values.find(prefix + key);
    return at == values.end() ? std::nullopt : std::optional(at->second);
  });
}

}  // namespace

TEST_CASE("comparisons, joined") {
  const std::map<std::string, Worth> run{{"metrics.auc", 0.9}, {"metrics.my loss", 0.1}, {"params.lr", "0.1"},
                                         {"tags.team", "Red"}, {"status", "FINISHED"},   {"start_time", 100.0}};
  CHECK(found("", run));
  CHECK(found("metrics.auc > 0.8 and params.lr = '0.1'", run));
  CHECK(found("metric.auc >= 9e-1 AND param.lr != \"0.2\"", run));
  CHECK_FALSE(found("metrics.auc > 0.8 and params.lr = '0.2'", run));
  CHECK(found("metrics.auc > 0.95 or tags.team ilike 'r%'", run));
  CHECK_FALSE(found("tags.team LIKE 'r%'", run));
  CHECK(found("not (metrics.auc < 0.5 or params.lr = 'x') and status = 'FINISHED'", run));
  CHECK(found("metrics.`my loss` < 0.2 and metrics.\"my loss\" > -1", run));
  CHECK(found("attributes.start_time <= 100 and created = 100", run));
  CHECK(found("params.missing IS NULL and params.lr IS NOT NULL", run));
  // AND binds tighter than OR.
  CHECK(found("status = 'FINISHED' or status = 'x' and status = 'y'", run));
}

TEST_CASE("a condition needs the key to be there") {
  CHECK_FALSE(found("params.x != 'a'", {}));
  CHECK(found("not params.x = 'a'", {}));
  CHECK_FALSE(found("metrics.x != 1", {}));
}

TEST_CASE("what can't be read is refused with a place") {
  for (const char* bad : {"metrics.auc >",
                          "metrics.auc = 'x'",
                          "params.lr = 0.1",
                          "params.lr > '1'",
                          "foo.bar = 1",
                          "nope = 'x'",
                          "metrics.auc > 1 and",
                          "metrics.auc > 1 params.lr = '1'",
                          "(metrics.auc > 1",
                          "metrics.auc > 1)",
                          "params.lr = 'open",
                          "params.lr in ('a')",
                          "run_id in ()",
                          "run_id in ('a',)",
                          "run_id not 'a'",
                          "status is null",
                          "status is not null",
                          "metrics.auc like 'x'",
                          "metrics.auc == 1",
                          "params.lr <> 'a'",
                          "= 1",
                          "'x' = 'y' and",
                          "metrics.auc > 1; drop table run",
                          "metrics. > 1",
                          "params.lr = `a`",
                          "start_time = 'x'",
                          "datasets.size = 'x'",
                          "metrics.auc > 1e",
                          "metrics.auc > --1",
                          "not",
                          "\x01 = 1"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_filter(bad, Domain::runs), ApiError);
  }
  std::string deep(40, '(');
  CHECK_THROWS_AS(parse_filter(deep + "status = 'x'" + std::string(40, ')'), Domain::runs), ApiError);
  std::string nots;
  for (int i = 0; i < 10'000; ++i) nots += "not ";
  CHECK_THROWS_AS(parse_filter(nots + "status = 'x'", Domain::runs), ApiError);
  std::string many = "status = 'x'";
  for (int i = 0; i < 300; ++i) many += " or status = 'x'";
  CHECK_THROWS_AS(parse_filter(many, Domain::runs), ApiError);
}

TEST_CASE("each domain has its own keys") {
  CHECK_NOTHROW(parse_filter("name LIKE 'a%' and tags.x = 'y'", Domain::registered_models));
  CHECK_NOTHROW(parse_filter("name IN ('a', 'b')", Domain::registered_models));
  CHECK_THROWS_AS(parse_filter("metrics.x > 1", Domain::registered_models), ApiError);
  CHECK_NOTHROW(parse_filter("version_number >= 2 and run_id = 'x'", Domain::model_versions));
  CHECK_NOTHROW(parse_filter("experiment_id NOT IN ('1') and creation_time > 5", Domain::experiments));
  CHECK_THROWS_AS(parse_filter("name IN ('a')", Domain::experiments), ApiError);
  CHECK_NOTHROW(parse_filter("metrics.auc > 1 and name = 'm' and params.x = 'y'", Domain::logged_models));
}

TEST_CASE("orders") {
  CHECK_FALSE(parse_order("metrics.acc DESC", Domain::runs).ascending);
  CHECK(parse_order("metrics.`my loss`", Domain::runs).key == "my loss");
  CHECK(parse_order("start_time asc", Domain::runs).ascending);
  CHECK_THROWS_AS(parse_order("metrics.acc sideways", Domain::runs), ApiError);
  CHECK_THROWS_AS(parse_order("", Domain::runs), ApiError);
  CHECK_THROWS_AS(parse_order("tags.x", Domain::experiments), ApiError);
  CHECK_THROWS_AS(parse_orders({"metrics.a", "metrics.a DESC"}, Domain::runs), ApiError);
}

TEST_CASE("patterns") {
  CHECK(meta::matches_like("run-993", "run-99%", false));
  CHECK(meta::matches_like("abc", "a_c", false));
  CHECK(meta::matches_like("aéc", "a_c", false));
  CHECK(meta::matches_like("", "%", false));
  CHECK(meta::matches_like("aXbXc", "%X%c", false));
  CHECK_FALSE(meta::matches_like("abc", "a_", false));
  CHECK_FALSE(meta::matches_like("ABC", "abc", false));
  CHECK(meta::matches_like("ÄBC", "äb%", true));
  CHECK_FALSE(meta::matches_like(std::string(2000, 'a'), std::string("%a%a%a%a%a%a%b"), false));  // and soon
}
