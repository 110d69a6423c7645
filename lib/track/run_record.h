// The records of tracking (share/doc/records.md).
#pragma once

#include "store/store.h"
#include "track/runs.h"

namespace mlops::track {

// Objects that the record names go through the writer; rows whose bytes it has now are added to `inlined`.
using Inlined = std::vector<std::pair<std::string, Id>>;
Json run_record(Service& service, store::Writer& writer, meta::TrackingTables& tables, const meta::RunHead& run,
                Inlined& inlined);
Json logged_model_record(Service& service, store::Writer& writer, meta::TrackingTables& tables,
                         const meta::LoggedModel& model, Inlined& inlined);
Json experiment_record(meta::TrackingTables& tables, std::int64_t id);

}  // namespace mlops::track
