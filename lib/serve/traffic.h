// Reading the traffic log: one request for lineage, a model's recent traffic for monitoring. Rows appear within about a
// second of their request, also while the server goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "data/repository.h"
#include "table/table.h"

namespace mlops::serve {

struct LoggedRequest {
  std::string request_id, model;
  std::int64_t number = 0;
  Id version;  // record id of the model version
  Micros time = 0, latency = 0;
  std::int64_t status = 200;
  Json rows = Json::array();  // [{"in": {COLUMN: value}, "out": {COLUMN: value}}]
};

// The request with this id (the newest, should an id come twice). Looks through open segments, then sealed traffic,
// newest first.
std::optional<LoggedRequest> find_request(data::Repository& repository, const std::string& request_id);

struct TrafficQuery {
  std::optional<Id> version;  // a model version's record id; unset = all versions of `model`
  std::string model;
  Micros since = 0;  // of a row's time; 0 = all
};
// All logged rows of a model as one table: request_id, row, time, version_id, latency_us, status, in.COLUMN…,
// out.COLUMN….
table::Table read_traffic(data::Repository& repository, const TrafficQuery& query);

}  // namespace mlops::serve
