#include "feature/join.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/pool.h"
#include "base/text.h"
#include "feature/as_of.h"
#include "feature/keys.h"
#include "feature/pushes.h"
#include "feature/sources.h"
#include "table/column_maker.h"

namespace mlops::feature {
namespace {

using table::Column;
using table::Kind;
using table::Table;

const Column& time_column(const Table& entities, const std::string& name, const std::string& wanted) {
  if (!wanted.empty()) return entities.need(wanted);
  if (const Column* usual = entities.find("event_timestamp")) return *usual;
  const Column* found = nullptr;
  for (const auto& column : entities.columns) {
    if (column.kind != Kind::time) continue;
    if (found != nullptr)
      throw input_error(fmt::format("\"{}\" has several columns of times", printable(name)),
                        "--timestamp COLUMN says which one counts");
    found = &column;
  }
  if (found == nullptr)
    throw input_error(fmt::format("\"{}\" has no column \"event_timestamp\" and no other of times", printable(name)),
                      "--timestamp COLUMN names it");
  return *found;
}

std::vector<const Column*> key_columns(const Table& table, const View& view, const std::string& name) {
  std::vector<const Column*> out;
  for (const auto& key : view.keys) {
    const Column* column = table.find(key.name);
    if (column == nullptr)
      throw input_error(
          fmt::format("\"{}\" has no column \"{}\", a join key of view \"{}\"", printable(name), key.name, view.name));
    out.push_back(column);
  }
  return out;
}

// What the join itself needs of a view's file.
struct Skeleton {
  Table table;
  std::unique_ptr<const Times> times, created;
  std::vector<Micros> created_values;
};

Skeleton read_skeleton(const View& view, const ViewFile& file, const std::vector<std::string>& more) {
  std::vector<std::string> columns;
  for (const auto& key : view.keys) columns.push_back(key.name);
  columns.push_back(view.source.timestamp);
  if (!view.source.created.empty()) columns.push_back(view.source.created);
  columns.insert(columns.end(), more.begin(), more.end());
  Skeleton out{file.read(columns), nullptr, nullptr, {}};
  const std::string& name = file.name();
  out.times = times_of(out.table.need(view.source.timestamp), name);
  if (view.source.created.empty()) return out;
  out.created = times_of(out.table.need(view.source.created), name);
  out.created_values.assign(out.created->values.begin(), out.created->values.end());
  for (std::size_t row = 0; row < out.created_values.size(); ++row)
    if (!out.created->valid(row)) out.created_values[row] = k_no_created;
  return out;
}

std::vector<std::uint32_t> hits(const View& view, const Skeleton& skeleton, const KeyNumbers& numbers,
                                const Times& times, const std::string& file) {
  const auto keys = numbers.match(key_columns(skeleton.table, view, file), skeleton.table.rows);
  const AsOf index({keys, skeleton.times->values, skeleton.times->validity, skeleton.created_values}, numbers.size());
  const AsOfRule rule{view.ttl, view.known_at_created};
  std::vector<std::uint32_t> out(numbers.rows().size(), k_no_row);
  constexpr std::size_t k_block = 1 << 14;
  parallel_for((out.size() + k_block - 1) / k_block, [&](std::size_t block) {
    for (std::size_t row = block * k_block; row < std::min(out.size(), (block + 1) * k_block); ++row)
      if (times.valid(row)) out[row] = index.find(numbers.rows()[row], times.values[row], rule);
  });
  return out;
}

std::vector<Column> join_view(const Part& part, const std::filesystem::path& root, const Table& entities,
                              const std::string& name, const Times& times, std::span<const std::string> names,
                              OnlineStore* pushed) {
  const View& view = part.view();
  const bool may = pushed != nullptr && !view.source.push.empty();
  const ViewFile file(view, root, may ? pushed_rows(*pushed->read(), view) : Table{});
  std::vector<std::string> features;
  for (const auto feature : part.features) features.push_back(view.features[feature].name);
  const KeyNumbers numbers(key_columns(entities, view, name), entities.rows);
  std::vector<std::uint32_t> rows;
  Table texts;  // files that are read whole give everything at once
  std::size_t length = 0;
  {
    const Skeleton skeleton = read_skeleton(view, file, file.by_column() ? std::vector<std::string>{} : features);
    rows = hits(view, skeleton, numbers, times, file.name());
    length = skeleton.table.rows;
    if (!file.by_column()) texts = skeleton.table;
  }
  std::vector<Column> out(features.size());
  parallel_for(features.size(), [&](std::size_t i) {
    const Table one = file.by_column() ? file.read({features[i]}) : Table{};
    const Column& column = (file.by_column() ? one : texts).need(features[i]);
    if (column.rows() != length) throw state_error("\"" + file.name() + "\" changed while it was read", "run it again");
    out[i] = gather(column, view.features[part.features[i]], names[i], rows);
  });
  return out;
}

// Values of one width from `values`, at `rows`.
template <typename Out, typename In>
std::vector<Out> pick(std::span<const In> values, std::span<const std::uint32_t> rows) {
  std::vector<Out> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != k_no_row) out[i] = static_cast<Out>(values[rows[i]]);
  return out;
}

Kind kind_of(Type type) {
  switch (type) {
    case Type::int32:
    case Type::int64:
      return Kind::integer;
    case Type::float32:
    case Type::float64:
      return Kind::real;
    case Type::string:
    case Type::bytes:
      return Kind::text;
    case Type::boolean:
      return Kind::boolean;
    case Type::timestamp:
      return Kind::time;
  }
  return Kind::other;
}

void put_reals(table::ColumnMaker& maker, const Column& column, Type type, std::span<const std::uint32_t> rows) {
  auto values =
      column.kind == Kind::integer ? pick<double>(column.integers(), rows) : pick<double>(column.reals(), rows);
  if (type == Type::float32)
    for (auto& value : values) value = static_cast<double>(static_cast<float>(value));
  maker.reals(maker.keep(std::move(values)));
}

void put_values(table::ColumnMaker& maker, const Column& column, Type type, std::span<const std::uint32_t> rows) {
  switch (kind_of(type)) {
    case Kind::integer:
      return maker.integers(maker.keep(pick<std::int64_t>(column.integers(), rows)));
    case Kind::real:
      return put_reals(maker, column, type, rows);
    case Kind::boolean:
      return maker.booleans(maker.keep(pick<std::uint8_t>(column.booleans(), rows)));
    case Kind::time:
      return maker.integers(maker.keep(pick<std::int64_t>(column.times(), rows)));
    default: {
      auto kept = std::make_shared<const Column>(column);
      maker.texts(maker.keep(pick<std::uint32_t>(column.codes(), rows)), kept->dictionary());
      return maker.keep(std::shared_ptr<const void>(kept, kept.get()));
    }
  }
}

// No value at all: the column's own kind may be another one.
void put_nothing(table::ColumnMaker& maker, Kind kind, std::size_t rows) {
  static constexpr std::array<std::string_view, 1> k_empty{std::string_view{}};
  if (kind == Kind::text) return maker.texts(maker.keep(std::vector<std::uint32_t>(rows, 0)), k_empty);
  if (kind == Kind::real) return maker.reals(maker.keep(std::vector<double>(rows, 0)));
  if (kind == Kind::boolean) return maker.booleans(maker.keep(std::vector<std::uint8_t>(rows, 0)));
  maker.integers(maker.keep(std::vector<std::int64_t>(rows, 0)));
}

}  // namespace

Column gather(const Column& column, const Feature& feature, const std::string& name,
              std::span<const std::uint32_t> rows) {
  std::vector<std::uint8_t> valid(rows.size());
  std::size_t nulls = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    valid[i] = rows[i] != k_no_row && column.valid(rows[i]) ? 1 : 0;
    nulls += valid[i] == 0 ? 1 : 0;
  }
  const bool values = column.kind != Kind::other && column.nulls() < column.rows();
  if (values && !fits(column, feature.type))
    throw input_error(fmt::format("feature \"{}\" is {}, and its source holds {} now", feature.name,
                                  to_text(feature.type), to_text(column.kind)),
                      "mlops feature apply takes the source as it is");
  table::ColumnMaker maker(name, kind_of(feature.type), feature.type == Type::float32 ? "float" : "", rows.size());
  if (values)
    put_values(maker, column, feature.type, rows);
  else
    put_nothing(maker, kind_of(feature.type), rows.size());
  if (nulls > 0) maker.validity(maker.keep(std::move(valid)), nulls);
  return maker.take();
}

Table join(const Selection& selection, const std::filesystem::path& root, const Table& entities,
           const std::string& name, const JoinOptions& options) {
  const auto names = selection.names(options.full_names);
  for (const auto& feature : names)
    if (entities.find(feature) != nullptr)
      throw input_error(fmt::format("\"{}\" is a column of \"{}\" and a feature", feature, printable(name)),
                        "--full-feature-names tells them apart");
  const auto times = times_of(time_column(entities, name, options.timestamp), name);
  Table out = entities;
  std::span<const std::string> rest(names);
  for (const auto& part : selection.parts) {
    for (auto& column : join_view(part, root, entities, name, *times, rest.first(part.features.size()), options.pushed))
      out.add(std::move(column));
    rest = rest.subspan(part.features.size());
  }
  return out;
}

}  // namespace mlops::feature
