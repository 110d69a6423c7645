#include "schema/compared_columns.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Format;
using table::Kind;

// What holds both. "other" of a batch without values says nothing.
Kind wider(Kind a, Kind b) {
  if (a == b || b == Kind::other) return a;
  if (a == Kind::other) return b;
  const bool numbers = (a == Kind::integer || a == Kind::real) && (b == Kind::integer || b == Kind::real);
  return numbers ? Kind::real : Kind::text;
}

bool has_large(const Column& column) {
  constexpr double k_whole = 9007199254740992;
  constexpr std::int64_t k_limit = std::int64_t{1} << 53;
  if (column.kind == Kind::integer)
    return std::any_of(column.integers().begin(), column.integers().end(),
                       [](std::int64_t value) { return value >= k_limit || value <= -k_limit; });
  return column.kind == Kind::real && std::any_of(column.reals().begin(), column.reals().end(),
                                                  [](double value) { return value >= k_whole || value <= -k_whole; });
}

std::string type_of(const Side& side, const Side& other, const std::string& name) {
  if (!side.kinds.contains(name)) return "";
  if (side.typed() && other.typed()) return side.types.at(name);
  const Kind kind = side.kinds.at(name);
  return kind == Kind::other && side.types.at(name) == "null" ? "no values" : table::to_text(kind);
}

// Numbers of which a double may lose digits.
bool is_wide(const Side& side, const std::string& name) {
  return side.exact.contains(name) || (side.kinds.at(name) == Kind::real && side.large.contains(name));
}
// Every digit of its numbers can be had.
bool has_digits(const Side& side, const std::string& name) {
  return side.kinds.at(name) == Kind::integer || side.exact.contains(name) ||
         side.types.at(name).starts_with("decimal") ||  // of up to 15 digits, which a double shows
         (!side.typed() && side.format != Format::json_lines);
}

// `other` is a time or, in a file without types, a text that may be one.
bool is_time_beside(Kind kind, Kind other, const Side& side) {
  return kind == Kind::time && (other == Kind::time || (other == Kind::text && !side.typed()));
}

Form form_of(const Side& before, const Side& after, const std::string& name) {
  const Kind a = before.kinds.at(name), b = after.kinds.at(name);
  const bool one_type = before.typed() && after.typed() && before.types.at(name) == after.types.at(name);
  if (a == b && one_type) return Form::same;
  // Texts that are times in more than one spelling may stand for the other side's times.
  if (is_time_beside(a, b, after) || is_time_beside(b, a, before)) return Form::exact;
  if (!is_number(a) || !is_number(b)) return a == b ? Form::same : Form::text;
  if ((is_wide(before, name) || is_wide(after, name)) && has_digits(before, name) && has_digits(after, name))
    return Form::exact;
  return a == b && !before.exact.contains(name) && !after.exact.contains(name) ? Form::same : Form::number;
}

Kind kind_of(const Side& before, const Side& after, const std::string& name) {
  return after.kinds.at(name) == Kind::time ? Kind::time : before.kinds.at(name);
}

}  // namespace

Side look_at(const table::Source& source) {
  Side side{&source, table::detect_format(source), {}, {}, {}, {}, {}};
  table::BatchOptions read;
  read.format = side.format;
  const auto batches = table::read_batches(source, read);
  while (const auto batch = batches->next()) {
    for (const auto& column : batch->table.columns) {
      const auto [at, is_new] = side.kinds.try_emplace(column.name, column.kind);
      if (is_new) side.order.push_back(column.name);
      at->second = wider(at->second, column.kind);
      side.types[column.name] = column.source_type;
      if (column.exact() != nullptr) side.exact.insert(column.name);
      if (!side.typed() && has_large(column)) side.large.insert(column.name);
    }
    if (side.typed()) break;  // every batch is of the file's own types
  }
  return side;
}

std::vector<ColumnDiff> column_diffs(const Side& before, const Side& after) {
  std::vector<ColumnDiff> out;
  std::set<std::string> seen;
  for (const auto* side : {&before, &after})
    for (const auto& name : side->order) {
      if (!seen.insert(name).second) continue;
      const ColumnDiff diff{name, type_of(before, after, name), type_of(after, before, name)};
      if (diff.before != diff.after) out.push_back(diff);
    }
  return out;
}

std::vector<Compared> compared_columns(const Side& before, const Side& after) {
  std::vector<Compared> out;
  for (const auto& name : before.order) {
    if (after.kinds.contains(name)) out.push_back({name, form_of(before, after, name), kind_of(before, after, name)});
  }
  return out;
}

std::vector<std::size_t> key_columns(const std::vector<Compared>& columns, const Side& before, const Side& after,
                                     const std::vector<std::string>& key) {
  std::vector<std::size_t> out;
  for (const auto& name : key) {
    const auto at =
        std::find_if(columns.begin(), columns.end(), [&](const Compared& column) { return column.name == name; });
    if (at != columns.end()) {
      out.push_back(static_cast<std::size_t>(at - columns.begin()));
      continue;
    }
    const Side& lacks = before.kinds.contains(name) ? after : before;
    const std::string near = nearest(name, lacks.order);
    throw input_error("there is no column \"" + printable(name) + "\" in " + printable(lacks.source->name()),
                      near.empty() ? "mlops data profile lists the columns" : "did you mean \"" + near + "\"?");
  }
  return out;
}

bool is_rounded(const Side& before, const Side& after, const Compared& column) {
  return (is_wide(before, column.name) || is_wide(after, column.name)) && is_number(column.kind) &&
         (column.form == Form::number || (column.form == Form::same && !before.typed()));
}

std::unique_ptr<table::BatchReader> open_batches(const Side& side, const std::vector<Compared>& columns) {
  table::BatchOptions read;
  read.format = side.format;
  for (const auto& [name, kind] : side.kinds)
    if (kind != Kind::other) read.kinds[name] = kind;
  for (const auto& column : columns)
    if (column.form == Form::text || side.kinds.at(column.name) == Kind::other ||
        (column.form == Form::exact && (side.format != Format::json_lines || column.kind == Kind::time)))
      read.kinds[column.name] = Kind::text;
  return table::read_batches(*side.source, read);
}

}  // namespace mlops::schema
