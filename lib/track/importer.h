// From sealed records back to the tables: what train run made, what came with a pull, and everything after meta.db was
// lost.
#pragma once

#include "data/repository.h"
#include "meta/tracking.h"

namespace mlops::track {

// Takes over at most `limit` records, inside a write. True when there may be more.
bool import_news(data::Repository& repository, meta::TrackingTables& tables, std::size_t limit);

// Statuses of records and of the API.
std::string api_status(const std::string& record_status);
std::string record_status(const std::string& api_status);
// A parameter's value as MLflow has it: text.
std::string param_text(const Json& value);

}  // namespace mlops::track
