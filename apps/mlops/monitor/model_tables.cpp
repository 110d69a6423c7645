#include "monitor/model_tables.h"

#include <algorithm>

#include "base/text.h"
#include "register/training_data.h"
#include "serve/traffic.h"

namespace mlops {
namespace {

constexpr std::string_view k_input = "in.";

// The model's inputs under their own names.
NamedTable traffic_of(data::Repository& repository, const registry::ModelVersion& model, Micros since) {
  const table::Table rows =
      serve::read_traffic(repository, {.version = model.record, .model = model.name, .since = since});
  if (rows.rows == 0)
    throw input_error(fmt::format("{} has answered no request{}", model.label(), since > 0 ? " in that time" : " yet"),
                      fmt::format("mlops serve {} logs what it is asked", model.label()));
  NamedTable out;
  out.table.rows = rows.rows;
  for (table::Column column : rows.columns) {
    if (!column.name.starts_with(k_input)) continue;
    column.name = column.name.substr(k_input.size());
    out.table.add(std::move(column));
  }
  out.provenance = {{"name", "traffic of " + model.label()}, {"version", model.record.hex()}, {"rows", rows.rows}};
  if (const auto* time = rows.find("time"); time != nullptr && time->kind == table::Kind::time) {
    const auto [first, last] = std::minmax_element(time->times().begin(), time->times().end());
    out.provenance["from"] = to_utc(*first);
    out.provenance["to"] = to_utc(*last);
  }
  return out;
}

std::size_t shared_columns(const table::Table& a, const table::Table& b) {
  return static_cast<std::size_t>(std::count_if(
      a.columns.begin(), a.columns.end(), [&](const table::Column& column) { return b.find(column.name) != nullptr; }));
}

}  // namespace

Micros parse_since(const std::string& text) {
  if (text.empty()) return 0;
  if (const auto age = parse_duration(text)) return now_micros() - *age;
  if (const auto time = parse_time(text)) return *time;
  throw usage_error("\"" + printable(text) + "\" is neither a duration nor a time",
                    "for example --since 12h or --since 2026-01-03T12:00");
}

NamedTable read_traffic_table(data::Repository& repository, const std::string& model, Micros since) {
  return traffic_of(repository, registry::resolve(repository, model), since);
}

NamedTable read_training_table(data::Repository& repository, const std::string& name, const table::Table& current) {
  const auto model = registry::resolve(repository, name);
  NamedTable best;
  std::size_t most = 0;
  for (const auto& candidate : registry::training_tables(repository, model)) {
    if (!repository.store().has_file(candidate.file)) continue;
    NamedTable one = read_source(*table::store_source(repository.store(), candidate.file, candidate.path), {});
    const auto shared = shared_columns(one.table, current);
    if (shared > most) best = std::move(one);
    most = std::max(most, shared);
  }
  if (most == 0)
    throw input_error("no table that " + model.label() + " was trained on has columns of the current data",
                      "--reference TABLE names one");
  best.provenance["model"] = model.label();
  return best;
}

}  // namespace mlops
