#include "monitor/model_tables.h"

#include "base/text.h"
#include "register/training_data.h"
#include "serve/traffic.h"

namespace mlops {
namespace {

constexpr std::string_view k_input = "in.";

// The model's inputs under their own names.
NamedTable traffic_of(data::Repository& repository, const registry::ModelVersion& model, Micros since) {
  const table::Table rows = serve::read_traffic(repository, {.version = model.record, .model = model.name, .since = since});
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

bool shares_columns(const table::Table& a, const table::Table& b) {
  return std::any_of(a.columns.begin(), a.columns.end(), [&](const table::Column& column) { return b.find(column.name) != nullptr; });
}

NamedTable training_table(data::Repository& repository, const registry::ModelVersion& model, const table::Table& traffic) {
  for (const auto& candidate : registry::training_tables(repository, model)) {
    if (!repository.store().has_file(candidate.file)) continue;
    const auto source = table::store_source(repository.store(), candidate.file, candidate.path);
    NamedTable out = read_source(*source, {});
    if (!shares_columns(out.table, traffic)) continue;
    out.provenance["model"] = model.label();
    return out;
  }
  throw input_error(fmt::format("no table that {} was trained on has the columns of its requests", model.label()),
                    "--reference FILE names one");
}

}  // namespace

ModelTables read_model_tables(data::Repository& repository, const std::string& name, Micros since) {
  const auto model = registry::resolve(repository, name);
  ModelTables out;
  out.model = model.label();
  out.current = traffic_of(repository, model, since);
  out.reference = training_table(repository, model, out.current.table);
  return out;
}

}  // namespace mlops
