#include "feature/join.h"

#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "data/object_json.h"
#include "data/worktree.h"
#include "feature/online_store.h"
#include "feature/shared_pushes.h"
#include "feature/sources.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string entities, output;
  feature::JoinOptions join;
};

enum class Written { parquet, csv, tsv };

Written format_of(const std::string& file) {
  const std::string end = fs::path(file).extension().string();
  if (end == ".parquet" || end == ".pq") return Written::parquet;
  if (end == ".csv") return Written::csv;
  if (end == ".tsv") return Written::tsv;
  throw usage_error("\"" + file + "\" does not tell a format", "end it in .parquet, .csv or .tsv");
}

std::string bytes_of(const table::Table& table, Written format) {
  if (format == Written::parquet) return table::write_parquet(table);
  return table::write_csv(table, format == Written::csv ? ',' : '\t');
}

// What a file was: its id where it lies in the work tree (the stat cache knows it), else path and size.
Json file_json(data::Repository& repository, const fs::path& file) {
  std::error_code ignored;
  const fs::path absolute = fs::weakly_canonical(file, ignored);
  const fs::path below = absolute.lexically_relative(repository.root());
  if (below.empty() || *below.begin() == "..")
    return {{"path", to_utf8(absolute.string())}, {"size", fs::file_size(absolute, ignored)}};
  data::SnapshotOptions only_ids;
  only_ids.keep = false;
  Json out = data::to_json(data::snapshot(repository, below.string(), only_ids).object);
  out["path"] = to_utf8(below.string());
  return out;
}

Json source_json(data::Repository& repository, const feature::View& view) {
  Json out =
      view.source.path.empty() ? Json::object() : file_json(repository, feature::source_file(repository.root(), view));
  if (!view.source.push.empty()) out["push"] = view.source.push;
  return out;
}

Json record_of(data::Repository& repository, const feature::Selection& selection, const Options& options,
               std::size_t rows) {
  Json views = Json::array();
  for (const auto& part : selection.parts)
    views.push_back({{"view", part.view().name},
                     {"hash", part.applied->version.hash.hex()},
                     {"record", part.applied->version.record.hex()},
                     {"source", source_json(repository, part.view())}});
  const Json output = file_json(repository, options.output);
  return {{"type", "features-join"},
          {"version", 1},
          {"key", text_or(output, "file", text_or(output, "path"))},
          {"views", views},
          {"entities", file_json(repository, options.entities)},
          {"output", output},
          {"rows", rows}};
}

}  // namespace

Run define_feature_join(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("VIEW", options->words, "views, services or VIEW:FEATURE")->required();
  app.add_option("--entities", options->entities, "the table of entity rows: join keys, times, labels")
      ->type_name("FILE")
      ->required();
  app.add_option("--output", options->output, "where the training set goes: .parquet, .csv or .tsv")
      ->type_name("FILE")
      ->required();
  app.add_option("--timestamp", options->join.timestamp, "the column of the entity rows' times (event_timestamp)")
      ->type_name("COLUMN");
  app.add_flag("--full-feature-names", options->join.full_names, "call features VIEW__FEATURE");
  return [options](Context& context) {
    const Written format = format_of(options->output);
    const auto repository = open_repository(context);
    const auto registry = feature::load_registry(repository->database());
    const auto selection = feature::select_words(registry, options->words);
    const auto pushed = feature::open_shared(*repository, false);
    options->join.pushed = pushed.get();
    const auto entities = table::read_table(*table::open_source(options->entities));
    std::size_t columns = 0;
    {
      const auto set = feature::join(selection, repository->root(), entities, options->entities, options->join);
      columns = set.columns.size();
      replace_file(options->output, bytes_of(set, format));
    }
    const Json record = record_of(*repository, selection, *options, entities.rows);
    const Id id = repository->database().seal(record);
    if (context.out.json()) {
      Json out = record;
      out["record"] = id.hex();
      context.out.value(out);
    }
    context.out.line(fmt::format("{}  {} rows, {} columns · record {}", options->output, show_count(entities.rows),
                                 columns, id.brief()));
    return k_exit_done;
  };
}

}  // namespace mlops
