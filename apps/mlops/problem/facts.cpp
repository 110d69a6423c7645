#include "problem/facts.h"

#include <sys/stat.h>

#include <array>
#include <set>

#include "base/text.h"
#include "data/worktree.h"
#include "monitor/alarms.h"
#include "pipeline/run.h"
#include "register/models.h"
#include "table/table.h"
#include "train/runs.h"

namespace mlops {
namespace {

constexpr std::array<std::string_view, 8> k_tables{".csv",    ".tsv",   ".parquet", ".jsonl",
                                                   ".ndjson", ".arrow", ".feather", ".ipc"};
constexpr std::size_t k_most_tables = 20;
constexpr std::size_t k_runs_looked_at = 200;

std::optional<Micros> written(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_mtim.tv_sec * Micros{1'000'000} + info.st_mtim.tv_nsec / 1000;
}

// Files below `path`, never through a link, in the order of their names.
std::vector<fs::path> files_below(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  if (fs::is_regular_file(status)) return {path};
  std::vector<fs::path> out;
  if (!fs::is_directory(status)) return out;
  for (auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, ignored);
       at != fs::recursive_directory_iterator(); at.increment(ignored))
    if (at->symlink_status(ignored).type() == fs::file_type::regular) out.push_back(at->path());
  std::sort(out.begin(), out.end());
  return out;
}

problem::SourceFact source_fact(const data::Repository& repository, const std::string& path) {
  problem::SourceFact fact{path, false, "", std::nullopt};
  const fs::path here = repository.root() / path;
  std::error_code ignored;
  fact.exists = fs::exists(fs::symlink_status(here, ignored));
  if (const auto pointer = data::read_pointer(repository, path)) {
    fact.version = pointer->object.id.brief();
    fact.changed = written(repository.root() / (path + ".mlops"));
    return fact;
  }
  for (const auto& file : files_below(here))
    if (const auto time = written(file); time && (!fact.changed || *time > *fact.changed)) fact.changed = time;
  return fact;
}

bool is_table(const fs::path& path) {
  return std::find(k_tables.begin(), k_tables.end(), path.extension().string()) != k_tables.end();
}

void look_at(const table::Column& column, const problem::Charter& charter, problem::TargetFact& fact) {
  fact.numeric = column.kind == table::Kind::integer || column.kind == table::Kind::real;
  fact.rows = column.rows();
  fact.nulls = column.nulls();
  std::set<std::string> seen;
  for (std::size_t row = 0; row < column.rows() && seen.size() <= 1000; ++row)
    if (column.valid(row)) seen.insert(column.show(row));
  fact.distinct = seen.size();
  fact.has_positive = seen.contains(charter.positive);
}

// Where the column is missing, the table's own complaint names the nearest one.
problem::TargetFact target_fact(const data::Repository& repository, const problem::Charter& charter) {
  problem::TargetFact fact;
  if (charter.target.empty()) return fact;
  for (const auto& source : charter.sources)
    for (const auto& file : files_below(repository.root() / source)) {
      if (!is_table(file) || fact.tables == k_most_tables) continue;
      const std::string name = file.lexically_relative(repository.root()).generic_string();
      try {
        const auto opened = table::open_source(file);
        const auto columns = table::read_table(*opened, {table::detect_format(*opened), {}, {}});
        ++fact.tables;
        for (const auto& column : columns.columns) fact.others.push_back(column.name);
        const auto* column = columns.find(charter.target);
        if (column == nullptr) continue;
        fact.table = name;
        look_at(*column, charter, fact);
        return fact;
      } catch (const Error& error) {
        fact.problem = error.message();
      }
    }
  return fact;
}

problem::MetricsFact metrics_fact(std::string from, const Json& metrics) {
  problem::MetricsFact out{std::move(from), {}};
  for (const auto& [name, value] : metrics.items())
    if (value.is_number()) out.values[name] = value.get<double>();
  return out;
}

void add_pipeline(const data::Repository& repository, problem::Facts& facts) {
  if (!fs::exists(repository.root() / "mlops.yaml")) return;
  facts.pipeline = true;
  for (const auto& stage : pipeline::read_definition(repository).stages) {
    facts.stages.push_back(stage.name);
    for (const auto& out : stage.outs)
      if (out.metric) facts.metrics_files.push_back(out.path);
  }
  for (const auto& path : facts.metrics_files) {
    std::error_code ignored;
    if (!fs::is_regular_file(fs::symlink_status(repository.root() / path, ignored))) continue;
    auto more = metrics_fact(path, pipeline::read_metrics(read_file(repository.root() / path, 16 << 20), path));
    if (!facts.files) facts.files = problem::MetricsFact{path, {}};
    facts.files->values.merge(more.values);
  }
}

void add_runs(data::Repository& repository, problem::Facts& facts) {
  for (const auto& run : train::list_runs(repository, k_runs_looked_at)) {
    if (text_or(run.body, "status") != "finished") continue;
    facts.run = metrics_fact("run " + run.run_id.substr(0, 12), run.body.value("metrics", Json::object()));
    return;
  }
}

void add_production(data::Repository& repository, const problem::Charter& charter, problem::Facts& facts) {
  const auto version = registry::find(repository, charter.name + "@" + charter.alias);
  if (!version) return;
  facts.production = metrics_fact(version->label(), version->body.value("metrics", Json::object()));
  facts.production_time = parse_time(text_or(version->body, "time"));
}

void add_alarms(data::Repository& repository, const problem::Charter& charter, problem::Facts& facts) {
  for (const auto& alarm : monitor::alarms(repository.database(), charter.name))
    facts.alarms.push_back({alarm.kind, alarm.firing, alarm.text, alarm.since});
}

}  // namespace

problem::Facts gather_facts(data::Repository& repository, const problem::Charter& charter) {
  problem::Facts facts;
  facts.now = now_micros();
  for (const auto& path : charter.sources) facts.sources.push_back(source_fact(repository, path));
  if (charter.supervised()) facts.target = target_fact(repository, charter);
  add_pipeline(repository, facts);
  add_runs(repository, facts);
  add_production(repository, charter, facts);
  add_alarms(repository, charter, facts);
  return facts;
}

problem::Known gather_known(data::Repository& repository) {
  problem::Known known;
  known.sources = data::tracked_paths(repository);
  problem::Facts facts;
  add_pipeline(repository, facts);
  add_runs(repository, facts);
  known.pipeline = facts.pipeline;
  for (const auto& fact : {facts.run, facts.files})
    if (fact && known.metrics.empty())
      for (const auto& [name, value] : fact->values) known.metrics.push_back(name);
  if (facts.pipeline)
    for (const auto& gate : pipeline::read_definition(repository).gates) {
      if (gate.kind == pipeline::Gate::Kind::beats_champion) continue;
      const bool least = gate.kind == pipeline::Gate::Kind::at_least;
      known.metric = problem::Metric{
          gate.metric, least ? problem::Direction::maximize : problem::Direction::minimize, gate.limit, {}};
      break;
    }
  const auto models = registry::model_names(repository);
  known.name = models.size() == 1 ? models.front() : "";
  return known;
}

}  // namespace mlops
