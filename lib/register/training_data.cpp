#include "register/training_data.h"

#include <array>

#include "data/object_json.h"
#include "store/tree.h"
#include "train/runs.h"

namespace mlops::registry {
namespace {

constexpr std::array<std::string_view, 8> k_extensions{".csv",    ".tsv",   ".parquet", ".jsonl",
                                                       ".ndjson", ".arrow", ".feather", ".ipc"};

bool is_table(const std::string& path) {
  return std::any_of(k_extensions.begin(), k_extensions.end(),
                     [&](std::string_view extension) { return path.ends_with(extension); });
}

void collect(const store::Store& store, const std::string& path, const store::ObjectRef& object,
             std::vector<TrainingTable>& out) {
  if (object.kind == store::Kind::file) {
    if (is_table(path)) out.push_back({path, object.id});
    return;
  }
  if (!store.has(store::Kind::tree, object.id)) return;  // a dependency that was hashed and never stored
  for (const auto& entry : store::decode_tree(store.get(store::Kind::tree, object.id))) {
    const bool directory = entry.mode == store::Mode::directory;
    if (entry.mode != store::Mode::link)
      collect(store, path + "/" + entry.name,
              {directory ? store::Kind::tree : store::Kind::file, entry.id, entry.size, entry.files}, out);
  }
}

bool makes(const Json& stage, const std::string& path) {
  for (const auto& out : stage.value("outs", Json::array()))
    if (text_or(out, "path") == path) return true;
  return false;
}

}  // namespace

std::vector<TrainingTable> training_tables(const store::Store& store, const Json& run, const std::string& path) {
  std::vector<TrainingTable> out;
  for (const auto& stage : run.value("stages", Json::array())) {
    if (!path.empty() && !makes(stage, path)) continue;
    for (const auto& dep : stage.value("deps", Json::array()))
      if (const auto object = data::object_of(dep); object && (!path.empty() || text_or(dep, "origin") == "data"))
        collect(store, text_or(dep, "path"), *object, out);
  }
  return out;
}

std::vector<TrainingTable> training_tables(data::Repository& repository, const ModelVersion& model) {
  const std::string run = text_or(model.body, "run_id");
  if (run.empty()) return {};
  return training_tables(repository.store(), train::find_run(repository, run).body, text_or(model.body, "path"));
}

}  // namespace mlops::registry
