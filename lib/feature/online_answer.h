// The answer of a feature server: entities in, Feast's JSON out. The same over HTTP and on the command line.
#pragma once

#include <string>
#include <vector>

#include "feature/online_lookup.h"
#include "feature/online_store.h"
#include "web/wire_json.h"

namespace mlops::feature {

// Entity columns of a request, matched with the join keys that are needed.
struct Entities {
  EntityRows rows;
  std::vector<std::size_t> order;  // positions in Lookup::keys(), as the request names them
};

// {join key or entity name: [values]}. Columns that nobody needs are ignored, but must have the same length. Throws
// Error(input) naming the column, row and value.
Entities read_entities(const web::OrderedJson& columns, const Lookup& lookup);

// {"results": [{"values", "statuses", "event_timestamps"}], "metadata": {"feature_names", …}}. `store` may be null.
std::string answer_json(const Lookup& lookup, const Entities& entities, OnlineStore* store, Micros now,
                        bool with_versions);

}  // namespace mlops::feature
