#include "base/file.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "schema/find.h"
#include "schema/infer.h"

namespace mlops {
namespace {

struct Options {
  std::string table, file;
  bool force = false;
  std::size_t values = 20;
};

schema::TablePlace only_table(data::Repository* repository, const std::string& name) {
  auto tables = schema::tables_at(repository, name);
  if (tables.size() > 1)
    throw input_error(
        "\"" + printable(name) + "\" has " + show_count(tables.size()) + " tables, and a schema is inferred from one",
        "mlops data schema " + shell_path(tables.front().name));
  return std::move(tables.front());
}

// What the schema speaks of: the table's path in the repository, where it has one there.
std::vector<std::string> data_of(const data::Repository* repository, const schema::TablePlace& table) {
  if (repository == nullptr || table.path.empty() || fs::path(table.path).is_absolute() ||
      table.path.starts_with("../"))
    return {};
  return {table.path};
}

void write(const Options& options, const std::string& yaml) {
  std::error_code ignored;
  if (!options.force && fs::exists(fs::symlink_status(options.file, ignored)))
    throw input_error("\"" + printable(options.file) + "\" is there already", "--force replaces it");
  if (const auto folder = fs::path(options.file).parent_path(); !folder.empty())
    fs::create_directories(folder, ignored);
  replace_file(options.file, yaml);
}

}  // namespace

Run define_data_schema(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("TABLE", options->table, "a CSV, TSV, JSON lines, Parquet or Arrow file, or a version of one")
      ->required();
  app.add_option("-o,--output", options->file, "write it there instead of to standard output")->type_name("FILE");
  app.add_option("--values", options->values, "list a text column's values where they are at most this many")
      ->type_name("N")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  app.add_flag("--force", options->force, "replace a file that is there");
  return [options](Context& context) {
    const auto repository = find_repository(context);
    const auto table = only_table(repository.get(), options->table);
    const auto source = table.open();
    schema::InferOptions how;
    how.values = options->values;
    auto inferred = schema::infer(*source, how);
    inferred.data = data_of(repository.get(), table);
    const std::string yaml =
        to_yaml(inferred, "What " + printable(source->name()) +
                              " must be like, as it is now: loosen and tighten it.\n"
                              "Keys: share/doc/validation.md. mlops data validate holds tables against it.");
    if (!options->file.empty()) write(*options, yaml);
    if (context.out.json())
      context.out.value(to_json(inferred));
    else if (options->file.empty())
      context.out.raw(yaml);
    else
      context.out.line(fmt::format("{}  {} columns", printable(options->file), inferred.columns.size()));
    return k_exit_done;
  };
}

}  // namespace mlops
