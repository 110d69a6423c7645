#include "schema/validate.h"

#include "base/file.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "report_file.h"
#include "schema/find.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> tables;
  std::string schema, junit, at;
  std::size_t rows = 10;
};

// A table and the schema that it is held against.
struct Work {
  schema::TablePlace table;
  const schema::Schema* schema;
};

std::vector<schema::Schema> schemas(const Options& options, const data::Repository* repository) {
  if (!options.schema.empty())
    return {schema::parse_schema(read_file(options.schema, schema::k_schema_file_limit), options.schema)};
  return repository == nullptr ? std::vector<schema::Schema>() : schema::schemas_here(*repository);
}

// Every table that a schema speaks of.
std::vector<Work> all(data::Repository* repository, const std::vector<schema::Schema>& schemas,
                      std::vector<std::string>& passed_over) {
  std::vector<Work> out;
  for (const auto& one : schemas) {
    if (one.data.empty() || repository == nullptr)
      throw input_error("\"" + printable(one.file) + "\" does not say which tables it speaks of",
                        "data: data/train.csv, or name the tables: mlops data validate TABLE…");
    for (auto& table : schema::tables_of(*repository, one, {}, &passed_over)) out.push_back({std::move(table), &one});
  }
  return out;
}

std::vector<Work> named(data::Repository* repository, const Options& options,
                        const std::vector<schema::Schema>& schemas, std::vector<std::string>& passed_over) {
  std::vector<Work> out;
  for (const auto& name : options.tables) {
    const std::size_t before = out.size();
    const auto tables = schema::tables_at(repository, name, &passed_over);
    for (const auto& table : tables)
      for (const auto& one : schemas)
        if (!options.schema.empty() || speaks_of(one, table.path)) out.push_back({table, &one});
    if (out.size() == before)
      throw input_error(
          "no schema speaks of \"" + printable(name) + "\"",
          "mlops data schema " + shell_path(name) + " -o schemas/NAME.yaml   makes one; --schema FILE names one");
  }
  return out;
}

Micros time_of(const Options& options) {
  if (options.at.empty()) return now_micros();
  if (const auto time = parse_time(options.at)) return *time;
  throw usage_error("\"" + printable(options.at) + "\" is no time", "--at 2026-01-31 or 2026-01-31T12:00:00Z");
}

// "row 7: -3, row 12: -1".
std::string rows_of(const schema::Result& result, std::size_t most) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(most, result.offenders.size()); ++i) {
    const auto& [row, value] = result.offenders[i];
    parts.push_back(fmt::format("row {}", row) + (value.empty() ? "" : ": " + value));
  }
  return join(parts, ", ") + (result.failures > parts.size() && !parts.empty() ? ", …" : "");
}

void print(Output& out, const schema::Report& report, std::size_t rows) {
  ::mlops::Table table{{{"table"}, {"column"}, {"expectation"}, {"holds"}, {"why"}, {"rows"}}, {}};
  for (const auto& result : report.results) {
    if (result.passed && !out.verbose()) continue;
    table.rows.push_back({report.table, Text(result.column, Style::bold), result.expectation,
                          result.passed ? Text("yes", Style::good) : Text("no", Style::bad), result.reason,
                          rows_of(result, rows)});
  }
  if (!table.rows.empty() && !out.quiet()) out.table(table);
  out.line(fmt::format("{}  {} rows, {} of {} expectations hold ({})", report.table, show_count(report.rows),
                       report.results.size() - report.failures(), report.results.size(), report.schema));
}

void tell_passed_over(Output& out, const std::vector<std::string>& files) {
  if (files.empty()) return;
  out.warning(fmt::format("passed over: {} whose name is not a table's ({}{})",
                          files.size() == 1 ? "1 file" : show_count(files.size()) + " files", printable(files.front()),
                          files.size() == 1 ? "" : ", …"));
}

void write_junit(const Options& options, const std::vector<schema::Report>& reports) {
  if (options.junit.empty()) return;
  check_report(options.junit, k_xml_report);
  replace_file(options.junit, to_junit(reports));
}

// A report in which nothing holds: what a CI server reads until the validation has come to its end.
schema::Report not_done(const Error& why) { return {"mlops data validate", "", 0, {}, why}; }

// A table that can't be read is told, and the others are held all the same.
schema::Report hold(const Work& work, const schema::ValidateOptions& how) {
  try {
    return schema::validate(*work.schema, *work.table.open(), how);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    return {work.table.name, work.schema->file, 0, {}, error};
  }
}

int validate(Context& context, const Options& options) {
  schema::ValidateOptions how;
  how.at = time_of(options);
  how.offenders = options.rows;
  const auto repository = find_repository(context);
  const auto known = schemas(options, repository.get());
  if (known.empty())
    throw input_error("there is no schema in schemas/",
                      "mlops data schema TABLE -o schemas/NAME.yaml   makes one; --schema FILE names one");
  std::vector<std::string> passed_over;
  const auto work = options.tables.empty() ? all(repository.get(), known, passed_over)
                                           : named(repository.get(), options, known, passed_over);
  tell_passed_over(context.out, passed_over);
  std::vector<schema::Report> reports;
  Json list = Json::array();
  bool passed = true, read = true;
  for (const auto& one : work) {
    reports.push_back(hold(one, how));
    passed = passed && reports.back().passed();
    read = read && !reports.back().unread;
    list.push_back(to_json(reports.back()));
    if (reports.back().unread)
      context.out.error(*reports.back().unread);
    else if (!context.out.json())
      print(context.out, reports.back(), options.rows);
  }
  write_junit(options, reports);
  if (context.out.json()) context.out.value({{"passed", passed}, {"at", to_utc(how.at)}, {"tables", std::move(list)}});
  return !read ? k_exit_input : passed ? k_exit_done : k_exit_no;
}

}  // namespace

Run define_data_validate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("TABLE", options->tables,
                 "files, directories or versions (REV:PATH); none = all that schemas/ speaks of");
  app.add_option("--schema", options->schema, "hold them against this schema")->type_name("FILE");
  app.add_option("--junit", options->junit, "also write a report in JUnit's XML")->type_name("FILE");
  app.add_option("--at", options->at, "the time that freshness and `now` count from (now)")->type_name("TIME");
  app.add_option("--rows", options->rows, "name at most this many rows for each expectation")
      ->type_name("N")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  return [options](Context& context) {
    write_junit(*options, {not_done(outside_error("the validation did not come to its end"))});
    try {
      return validate(context, *options);
    } catch (const Error& error) {
      write_junit(*options, {not_done(error)});
      throw;
    }
  };
}

}  // namespace mlops
