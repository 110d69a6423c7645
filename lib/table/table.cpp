#include "table/table.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/module.h"
#include "base/text.h"
#include "table/arrow_module.h"
#include "table/packed.h"

namespace mlops::table {
namespace {

const ArrowModule& arrow() {
  static const ArrowModule* module = static_cast<const ArrowModule*>(open_module("arrow"));
  return *module;
}

std::string beginning(const Source& source, std::size_t bytes) {
  std::string text(bytes, '\0');
  text.resize(source.read(0, std::as_writable_bytes(std::span(text))));
  return text;
}

std::string extension(const std::string& name) {
  const auto dot = name.find_last_of("./");
  std::string out = dot == std::string::npos || name[dot] == '/' ? "" : name.substr(dot + 1);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<Format> by_extension(const std::string& end) {
  static const std::vector<std::pair<const char*, Format>> k_table{
      {"csv", Format::csv},          {"tsv", Format::tsv},           {"tab", Format::tsv},
      {"jsonl", Format::json_lines}, {"ndjson", Format::json_lines}, {"json", Format::json_lines},
      {"parquet", Format::parquet},  {"pq", Format::parquet},        {"arrow", Format::arrow},
      {"arrows", Format::arrow},     {"feather", Format::arrow},     {"ipc", Format::arrow}};
  for (const auto& [name, format] : k_table)
    if (end == name) return format;
  return std::nullopt;
}

}  // namespace

const Column* Table::find(std::string_view name) const {
  for (const auto& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

const Column& Table::need(std::string_view name) const {
  if (const Column* column = find(name)) return *column;
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  const std::string near = nearest(name, names);
  throw input_error(
      "there is no column \"" + std::string(name) + "\"",
      near.empty() ? "the columns are: " + join(names, ", ").substr(0, 200) : "did you mean \"" + near + "\"?");
}

void Table::add(Column column) {
  if (find(column.name) != nullptr) throw input_error("there are two columns \"" + column.name + "\"");
  if (!columns.empty() && column.rows() != rows)
    throw input_error("column \"" + column.name + "\" has " + std::to_string(column.rows()) + " rows, the table " +
                      std::to_string(rows));
  rows = column.rows();
  columns.push_back(std::move(column));
}

Format detect_format(const Source& source) {
  const std::string start = beginning(source, 4096);
  if (start.starts_with("PAR1") || start.starts_with("PARE")) return Format::parquet;
  if (start.starts_with("ARROW1") || start.starts_with("\xff\xff\xff\xff")) return Format::arrow;
  if (const auto format = by_extension(extension(source.name()))) return *format;
  const auto text = trim(start);
  if (text.starts_with('{')) return Format::json_lines;
  const auto line = text.substr(0, text.find('\n'));
  return line.find('\t') != std::string_view::npos && line.find(',') == std::string_view::npos ? Format::tsv
                                                                                               : Format::csv;
}

bool has_table_name(const std::string& name) { return by_extension(extension(name)).has_value(); }

Table read_table(const Source& source, const ReadOptions& options) {
  refuse_packed(source);
  return arrow().read(source, options.format ? *options.format : detect_format(source), options);
}

Table read_schema(const Source& source) {
  const Format format = detect_format(source);
  if (format == Format::parquet) return arrow().schema(source);
  return arrow().read(source, format, {});
}

std::size_t part_count(const Source& source) {
  return detect_format(source) == Format::parquet ? arrow().parts(source) : 1;
}

std::string write_parquet(const Table& table) { return arrow().write_parquet(table); }

}  // namespace mlops::table
