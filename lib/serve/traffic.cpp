#include "serve/traffic.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "serve/traffic_frames.h"
#include "serve/traffic_segment.h"
#include "serve/traffic_table.h"

namespace mlops::serve {
namespace {

Json cell_json(const table::Column& column, std::size_t row) {
  if (!column.valid(row)) return nullptr;
  switch (column.kind) {
    case table::Kind::boolean:
      return column.booleans()[row] != 0;
    case table::Kind::integer:
      return column.integers()[row];
    case table::Kind::real:
      return std::isfinite(column.reals()[row]) ? Json(column.reals()[row]) : Json(column.show(row));
    default:
      return column.show(row);
  }
}

Json row_json(const table::Table& table, std::size_t row) {
  Json out{{"in", Json::object()}, {"out", Json::object()}};
  for (const auto& column : table.columns) {
    const std::string_view name = column.name;
    if (name.starts_with("in.")) out["in"][column.name.substr(3)] = cell_json(column, row);
    if (name.starts_with("out.")) out["out"][column.name.substr(4)] = cell_json(column, row);
  }
  return out;
}

std::vector<std::size_t> rows_with(const table::Table& table, const std::string& request_id) {
  const table::Column& ids = table.need("request_id");
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < table.rows; ++row)
    if (ids.valid(row) && ids.show(row) == request_id) out.push_back(row);
  return out;
}

LoggedRequest request_of(const table::Table& table, const std::vector<std::size_t>& rows) {
  LoggedRequest out;
  const std::size_t first = rows.front();
  out.request_id = table.need("request_id").show(first);
  out.time = table.need("time").times()[first];
  out.latency = table.need("latency_us").integers()[first];
  out.status = table.need("status").integers()[first];
  out.version = Id::from_hex(table.need("version_id").show(first)).value_or(Id{});
  for (const std::size_t row : rows) out.rows.push_back(row_json(table, row));
  return out;
}

std::optional<LoggedRequest> find_in_segment(const fs::path& file, const std::string& request_id) {
  TrafficTable rows;
  const auto model = read_segment(file, [&](const Call& call) {
    if (call.request_id == request_id) rows.add(call);
  });
  if (model == nullptr || rows.rows() == 0) return std::nullopt;
  const table::Table table = rows.finish();
  LoggedRequest out = request_of(table, rows_with(table, request_id));
  out.model = model->name;
  out.number = std::stoll(model->version);
  return out;
}

std::string parquet_name(const Json& record) { return "traffic of " + text_or(record, "model"); }

std::optional<LoggedRequest> find_in_record(data::Repository& repository, const Json& record,
                                            const std::string& request_id) {
  const auto file = Id::from_hex(text_or(record, "file"));
  if (!file || !repository.store().has_file(*file)) return std::nullopt;
  const auto source = table::store_source(repository.store(), *file, parquet_name(record));
  table::ReadOptions ids;
  ids.format = table::Format::parquet;
  ids.columns = {"request_id"};
  const auto rows = rows_with(table::read_table(*source, ids), request_id);
  if (rows.empty()) return std::nullopt;
  ids.columns.clear();
  LoggedRequest out = request_of(table::read_table(*source, ids), rows);
  out.model = text_or(record, "model");
  out.number = integer_or(record, "number");
  return out;
}

bool wanted(const TrafficQuery& query, const std::string& model, const std::optional<Id>& version) {
  return query.version ? version == query.version : model == query.model;
}

// What tells a segment from another: version, time span, rows. A sealed record says the same of the segment it was made
// of.
std::string identity(const std::string& version, const std::string& from, const std::string& to, std::size_t rows) {
  return version + " " + from + " " + to + " " + std::to_string(rows);
}

struct SegmentRows {
  table::Table table;
  std::string identity;
};

SegmentRows segment_rows(const fs::path& file, const TrafficQuery& query) {
  TrafficTable rows;
  std::size_t count = 0;
  Micros first = INT64_MAX, last = 0;
  const auto model = read_segment(file, [&](const Call& call) {
    count += static_cast<std::size_t>(std::max<std::int64_t>(rows_of(call), 0));
    first = std::min(first, call.time);
    last = std::max(last, call.time);
    if (call.time >= query.since && wanted(query, call.model->name, call.model->record)) rows.add(call);
  });
  if (model == nullptr || count == 0) return {rows.finish(), ""};
  return {rows.finish(), identity(model->record->hex(), to_utc(first), to_utc(last), count)};
}

std::optional<table::Table> record_rows(data::Repository& repository, const Json& record, const TrafficQuery& query) {
  if (!wanted(query, text_or(record, "model"), Id::from_hex(text_or(record, "key")))) return std::nullopt;
  const auto until = parse_time(text_or(record, "to"));
  const auto file = Id::from_hex(text_or(record, "file"));
  if (!file || !repository.store().has_file(*file) || (until && *until < query.since)) return std::nullopt;
  table::ReadOptions options;
  options.format = table::Format::parquet;
  return table::read_table(*table::store_source(repository.store(), *file, parquet_name(record)), options);
}

}  // namespace

std::optional<LoggedRequest> find_request(data::Repository& repository, const std::string& request_id) {
  auto segments = open_segments(repository);
  std::reverse(segments.begin(), segments.end());
  for (const auto& file : segments)
    if (auto found = find_in_segment(file, request_id)) return found;
  for (const auto& entry : repository.database().list({.type = "traffic", .key = ""}))
    if (auto found = find_in_record(repository, entry.body, request_id)) return found;
  return std::nullopt;
}

namespace {

// One look at records and segments. A segment that is in the store already and not removed yet counts once.
table::Table read_once(data::Repository& repository, const TrafficQuery& query) {
  std::vector<table::Table> parts;
  std::set<std::string> sealed;
  const std::string key = query.version ? query.version->hex() : "";
  for (const auto& entry :
       repository.database().list({.type = "traffic", .key = key, .limit = 0, .newest_first = false})) {
    const auto& body = entry.body;
    sealed.insert(identity(entry.key, text_or(body, "from"), text_or(body, "to"),
                           static_cast<std::size_t>(integer_or(body, "rows"))));
    if (auto table = record_rows(repository, body, query)) parts.push_back(std::move(*table));
  }
  for (const auto& file : open_segments(repository))
    if (auto rows = segment_rows(file, query); rows.table.rows > 0 && !sealed.contains(rows.identity))
      parts.push_back(std::move(rows.table));
  return concatenate(parts, query.since);
}

}  // namespace

// A segment that was closed while we looked is in none of the two places that we saw: then once more.
table::Table read_traffic(data::Repository& repository, const TrafficQuery& query) {
  for (int attempt = 0;; ++attempt) {
    const auto before = open_segments(repository);
    table::Table out = read_once(repository, query);
    const auto after = open_segments(repository);
    if (attempt == 5 || std::includes(after.begin(), after.end(), before.begin(), before.end())) return out;
  }
}

}  // namespace mlops::serve
