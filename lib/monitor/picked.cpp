#include "monitor/picked.h"

namespace mlops::monitor {
namespace {

using table::Column;
using table::Kind;
using Places = std::vector<std::pair<const Column*, std::size_t>>;

Kind common(Kind a, Kind b) {
  if (a == b) return a;
  const auto number = [](Kind kind) { return kind == Kind::integer || kind == Kind::real; };
  return number(a) && number(b) ? Kind::real : Kind::text;
}

template <class Value, class Read>
std::vector<Value> values(const Places& places, const Read& read) {
  std::vector<Value> out;
  out.reserve(places.size());
  for (const auto& [column, row] : places) out.push_back(column == nullptr ? Value{} : Value(read(*column, row)));
  return out;
}

double real_at(const Column& column, std::size_t row) {
  return column.kind == Kind::integer ? static_cast<double>(column.integers()[row]) : column.reals()[row];
}

}  // namespace

void Picked::add(const Column* column, std::size_t row) {
  const bool has = column != nullptr && column->valid(row);
  places_.emplace_back(has ? column : nullptr, row);
  if (column != nullptr) kind_ = kind_ ? common(*kind_, column->kind) : column->kind;
}

Column Picked::column(const std::string& name) const {
  table::Validity valid;
  valid.reserve(places_.size());
  for (const auto& [column, row] : places_) valid.push_back(column != nullptr ? 1 : 0);
  switch (kind_.value_or(Kind::text)) {
    case Kind::boolean:
      return table::make_booleans(
          name, values<std::uint8_t>(places_, [](const Column& c, std::size_t r) { return c.booleans()[r]; }), valid);
    case Kind::integer:
      return table::make_integers(
          name, values<std::int64_t>(places_, [](const Column& c, std::size_t r) { return c.integers()[r]; }), valid);
    case Kind::time:
      return table::make_times(
          name, values<std::int64_t>(places_, [](const Column& c, std::size_t r) { return c.times()[r]; }), valid);
    case Kind::real:
      return table::make_reals(name, values<double>(places_, real_at), valid);
    default:
      return table::make_texts(
          name, values<std::string>(places_, [](const Column& c, std::size_t r) { return c.show(r); }), valid);
  }
}

table::Table take_rows(const table::Table& table, const std::vector<std::size_t>& rows) {
  table::Table out;
  out.rows = rows.size();
  for (const auto& column : table.columns) {
    Picked picked;
    for (const std::size_t row : rows) picked.add(&column, row);
    Column taken = picked.column(column.name);
    taken.source_type = column.source_type;
    out.columns.push_back(std::move(taken));
  }
  return out;
}

table::Table rows_between(const table::Table& table, Micros from, Micros to) {
  std::vector<std::size_t> rows;
  const Column* time = table.find("time");
  for (std::size_t row = 0; time != nullptr && time->kind == Kind::time && row < table.rows; ++row)
    if (time->valid(row) && time->times()[row] >= from && time->times()[row] < to) rows.push_back(row);
  return take_rows(table, rows);
}

}  // namespace mlops::monitor
