// What calls about runs share.
#pragma once

#include "track/service.h"

namespace mlops::track {

std::int64_t now_millis();
bool has_ended(const std::string& status);

// Throw ApiError: no such run or experiment; `active_…` also where it is deleted.
meta::RunHead need_run(meta::TrackingTables& tables, const std::string& id);
meta::RunHead active_run(meta::TrackingTables& tables, const std::string& id);
meta::Experiment need_experiment(meta::TrackingTables& tables, const Fields& fields);
meta::Experiment active_experiment(meta::TrackingTables& tables, std::int64_t id);

// run_id, else run_uuid.
std::string run_id_of(const Fields& fields);
// After a write: a run that has ended is to be sealed again.
void touched(Service& service, meta::TrackingTables& tables, const meta::RunHead& run);
// Points that lie only in the sealed series come into the tables.
void load_series(Service& service, meta::TrackingTables& tables, meta::RunHead& run);

// One point of a request; with model_id it belongs to a logged model too.
struct LoggedPoint {
  meta::Point point;
  std::string model, dataset, digest;
};
LoggedPoint point_of(const Fields& fields);  // checked
void write_points(meta::TrackingTables& tables, const meta::RunHead& run, const std::vector<LoggedPoint>& points);

void append_run(std::string& out, const meta::RunView& view);
std::string info_text(const meta::RunHead& head);

}  // namespace mlops::track
