#include "data/row_diff_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mlops {
namespace {

constexpr std::size_t k_shown = 40;   // bytes of a cell on a terminal
constexpr std::size_t k_columns = 8;  // of a row

Json cell_json(const schema::CellText& cell) { return cell ? Json(to_utf8(*cell)) : Json(); }

std::string cell_text(const schema::CellText& cell) {
  if (!cell) return "null";
  return cell->size() <= k_shown ? to_utf8(*cell) : to_utf8(cell->substr(0, k_shown)) + "…";
}

Json example_json(const schema::RowExample& row) {
  Json key = Json::array(), cells = Json::array();
  for (const auto& cell : row.key) key.push_back({{"column", to_utf8(cell.column)}, {"value", cell_json(cell.value)}});
  for (const auto& cell : row.cells)
    cells.push_back(
        {{"column", to_utf8(cell.column)}, {"before", cell_json(cell.before)}, {"after", cell_json(cell.after)}});
  return {{"before_row", row.before == 0 ? Json() : Json(row.before)},
          {"after_row", row.after == 0 ? Json() : Json(row.after)},
          {"values", key},
          {"cells", cells}};
}

Json examples_json(const std::vector<schema::RowExample>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) out.push_back(example_json(row));
  return out;
}

std::string column_text(const schema::ColumnDiff& column) {
  if (column.before.empty()) return "+ " + column.name + " (" + column.after + ")";
  if (column.after.empty()) return "- " + column.name + " (" + column.before + ")";
  return "~ " + column.name + " " + column.before + " → " + column.after;
}

std::string row_text(const schema::RowExample& row) {
  std::vector<std::string> parts;
  for (const auto& cell : row.key) {
    if (parts.size() == k_columns) break;
    parts.push_back(cell.column + "=" + cell_text(cell.value));
  }
  return join(parts, " ") + (row.key.size() > k_columns ? " …" : "");
}

std::string cells_text(const schema::RowExample& row) {
  std::vector<std::string> parts;
  for (const auto& cell : row.cells) {
    if (parts.size() == k_columns) break;
    parts.push_back(cell.column + " " + cell_text(cell.before) + " → " + cell_text(cell.after));
  }
  return join(parts, ", ") + (row.cells.size() > k_columns ? ", …" : "");
}

void print_examples(Output& out, const char* sign, Style style, const std::vector<schema::RowExample>& rows) {
  for (const auto& row : rows) {
    const auto number = row.after != 0 ? row.after : row.before;
    out.answer(Text("    ") + Text(sign, style) +
               Text(" " + row_text(row) + (row.cells.empty() ? "" : ": " + cells_text(row))) +
               Text(fmt::format("  row {}", number), Style::dim));
  }
}

}  // namespace

Json to_json(const schema::RowDiff& diff, const std::vector<std::string>& key) {
  Json columns = Json::array(), cells = Json::array();
  const auto type = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  for (const auto& column : diff.columns)
    columns.push_back(
        {{"column", to_utf8(column.name)}, {"before", type(column.before)}, {"after", type(column.after)}});
  for (const auto& column : diff.cells)
    cells.push_back({{"column", to_utf8(column.column)}, {"changed", column.changed}});
  return {{"schema", columns},
          {"key", key.empty() ? Json() : Json(key)},
          {"rows",
           {{"before", diff.rows_before},
            {"after", diff.rows_after},
            {"added", diff.added},
            {"removed", diff.removed},
            {"changed", key.empty() ? Json() : Json(diff.changed)},
            {"unchanged", diff.unchanged}}},
          {"repeated_keys", diff.repeated_keys},
          {"not_compared", diff.not_compared},
          {"rounded", diff.rounded},
          {"cells", cells},
          {"added", examples_json(diff.added_rows)},
          {"removed", examples_json(diff.removed_rows)},
          {"changed", examples_json(diff.changed_rows)}};
}

void print(Output& out, const schema::RowDiff& diff, const std::vector<std::string>& key) {
  for (const auto& column : diff.columns) out.answer(Text("    column " + column_text(column)));
  std::string rows = fmt::format("    rows {} → {}: {} added, {} removed", diff.rows_before, diff.rows_after,
                                 diff.added, diff.removed);
  if (!key.empty()) rows += fmt::format(", {} changed, by {}", diff.changed, join(key, ", "));
  out.answer(Text(rows));
  std::vector<std::string> cells;
  for (const auto& column : diff.cells) cells.push_back(fmt::format("{} {}", column.column, column.changed));
  if (!cells.empty()) out.answer(Text("    cells changed: " + join(cells, ", ")));
  print_examples(out, "+", Style::good, diff.added_rows);
  print_examples(out, "-", Style::bad, diff.removed_rows);
  print_examples(out, "~", Style::warn, diff.changed_rows);
  if (diff.repeated_keys > 0)
    out.warning(fmt::format("{} rows repeat a key of their side: which of them belong together is a guess",
                            diff.repeated_keys));
  for (const auto& column : diff.not_compared)
    out.warning("the values of \"" + printable(column) + "\" are lists or structs and are not compared");
  for (const auto& column : diff.rounded)
    out.warning("\"" + printable(column) +
                "\" has numbers beyond 2^53, which are compared as doubles: some may differ");
}

}  // namespace mlops
