#include "table/profile.h"

#include <algorithm>
#include <cmath>

#include "base/build.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "report_file.h"
#include "table/histogram.h"
#include "table/packed.h"
#include "table/source.h"
#include "table_input.h"

namespace mlops {
namespace {

using table::ColumnProfile;
using table::Kind;

struct Options {
  std::string table, report;
  std::vector<std::string> columns;
};

std::string brief(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return "—";
  const double size = std::abs(*value);
  if (size != 0 && (size < 1e-3 || size >= 1e9)) return fmt::format("{:.2e}", *value);
  return fmt::format("{:.{}f}", *value, *value == std::floor(*value) ? 0 : size < 10 ? 3 : size < 1000 ? 2 : 0);
}

// "basic 41 %, plus 30 %".
std::string most_frequent(const ColumnProfile& column) {
  std::vector<std::string> parts;
  const auto values = static_cast<double>(column.rows - column.nulls);
  for (std::size_t i = 0; i < std::min<std::size_t>(column.top.size(), 3); ++i)
    parts.push_back(fmt::format("{} {:.0f} %", to_utf8(column.top[i].value.substr(0, 20)),
                                100 * static_cast<double>(column.top[i].rows) / values));
  return join(parts, ", ");
}

std::string shape(const ColumnProfile& column) {
  if (column.rows == column.nulls) return "no values";
  if (!column.bars.empty()) return table::sparkline(column.bars, 10);
  if (column.first) return to_utc(*column.first).substr(0, 16) + " – " + to_utc(*column.last).substr(0, 16);
  if (column.kind == Kind::text && column.distinct == column.rows - column.nulls) return "every value differs";
  return column.kind == Kind::other ? "not looked at: " + column.source_type : most_frequent(column);
}

std::string share(std::size_t part, std::size_t whole) {
  return part == 0 ? "0 %" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void print(Output& out, const table::Profile& profile) {
  Table table{{{"column"},
               {"type"},
               {"nulls", true},
               {"distinct", true},
               {"min", true, 3},
               {"median", true, 1},
               {"max", true, 3},
               {"mean", true, 4},
               {"sd", true, 5},
               {"shape", false, 2}},
              {}};
  for (const auto& column : profile.columns) {
    const auto median = column.quantiles.empty() ? std::optional<double>() : column.quantiles[3];
    table.rows.push_back({Text(column.name, Style::bold), table::to_text(column.kind),
                          column.nulls_known ? share(column.nulls, column.rows) : "—", show_count(column.distinct),
                          brief(column.min), brief(median), brief(column.max), brief(column.mean), brief(column.sd),
                          shape(column)});
  }
  out.table(table);
  for (std::size_t i = 0; i < std::min<std::size_t>(profile.correlations.size(), 5); ++i)
    out.note(fmt::format("correlated: {} and {}, {:.3f}", profile.correlations[i].a, profile.correlations[i].b,
                         profile.correlations[i].value));
}

std::string in_words(const table::Profile& profile) {
  return fmt::format("{} rows, {} columns, {}", show_count(profile.rows), profile.columns.size(),
                     profile.repeated_rows ? show_count(*profile.repeated_rows) + " repeated rows"
                                           : "repeated rows not counted: lists and structs are not compared");
}

// Bytes that are no text would be read as one column of it. nullopt: they may be a table of text.
std::optional<std::string> refused_bytes(std::string_view begin) {
  if (const auto name = table::packed_as(begin); !name.empty()) return "is compressed (" + std::string(name) + ")";
  const auto zero = begin.find('\0');
  if (zero != std::string_view::npos && (zero < begin.find('\n') || !is_utf8(begin.substr(0, begin.rfind('\n')))))
    return "is no text and no Parquet or Arrow file";
  return std::nullopt;
}

void refuse_no_table(const std::string& name) {
  const fs::path file = name;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return;
  const auto source = table::open_source(file);
  const auto format = table::detect_format(*source);
  if (format == table::Format::parquet || format == table::Format::arrow) return;
  std::string begin(8192, '\0');
  begin.resize(source->read(0, std::as_writable_bytes(std::span(begin))));
  if (const auto refused = refused_bytes(begin))
    throw input_error("\"" + printable(name) + "\" " + *refused + ", so it is no table as it is",
                      "unpack it first; tables are CSV, TSV, JSON lines, Parquet and Arrow files");
}

// Errors in the middle of a text that is no table name its file.
NamedTable read_asked(const Options& options) {
  refuse_no_table(options.table);
  try {
    return read_named_table(options.table, options.columns);
  } catch (const Error& error) {
    if (!error.file().empty() || error.message().find(printable(options.table)) != std::string::npos) throw;
    throw Error(error.kind(), "\"" + printable(options.table) + "\": " + error.message(), error.hint())
        .at(options.table, error.line(), error.column());
  }
}

}  // namespace

Run define_data_profile(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("TABLE", options->table, "a CSV, TSV, JSON lines, Parquet or Arrow file")->required();
  app.add_option("--columns", options->columns, "only these columns")->type_name("NAME…")->delimiter(',');
  app.add_option("--report", options->report, "also write a page for a browser")->type_name("FILE.html");
  return [options](Context& context) {
    Output& out = context.out;
    if (!options->report.empty()) check_report(options->report, k_html_report);
    const auto named = read_asked(*options);
    const auto profile = table::profile(named.table, interrupt_token());
    Json json = to_json(profile);
    json["provenance"] = named.provenance;
    json["provenance"]["time"] = to_utc(now_micros());
    json["provenance"]["made_by"] = std::string("mlops ") + version();
    json["provenance"]["command"] = "mlops data profile " + shell_word(options->table);
    if (!options->report.empty()) write_report(options->report, json);
    if (out.json())
      out.value(json);
    else if (!out.quiet())
      print(out, profile);
    out.line(in_words(profile) + (options->report.empty() ? "" : " · report " + options->report));
    return k_exit_done;
  };
}

}  // namespace mlops
