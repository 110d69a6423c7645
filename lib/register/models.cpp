#include "register/models.h"

#include <fmt/format.h>

#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "data/author.h"
#include "data/object_json.h"
#include "data/worktree.h"
#include "register/mlflow_signature.h"
#include "register/onnx_graph.h"
#include "register/registry.h"
#include "store/tree.h"
#include "train/runs.h"

namespace mlops::registry {
namespace {

constexpr std::uint64_t k_model_bytes = std::uint64_t{4} << 30;

bool good_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

void check_name(const std::string& name, const char* what) {
  const bool good = !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), good_character) &&
                    name.front() != '-' && name.front() != '.';
  if (!good)
    throw input_error(fmt::format("\"{}\" can't be {}", printable(name), what),
                      "letters, digits, - _ and . (not first); at most 255");
  if (name == "run" || name == "req")
    throw input_error(fmt::format("\"{}\" can't be {}", name, what), "it would be taken for another kind of name");
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<ModelVersion> version_of(const meta::Entry& entry) {
  const auto object = data::object_of(entry.body.value("object", Json::object()));
  if (!object) return std::nullopt;
  return ModelVersion{
      entry.key, integer_or(entry.body, "number"), entry.id, *object, entry.body.value("signature", Json::object()),
      entry.body};
}

std::optional<ModelVersion> numbered(data::Repository& repository, const std::string& name, std::int64_t number) {
  for (auto& version : versions(repository, name))
    if (version.number == number) return version;
  return std::nullopt;
}

Error no_model(data::Repository& repository, const std::string& asked) {
  const auto names = model_names(repository);
  const std::string name = asked.substr(0, asked.find_first_of("@:"));
  const bool known = std::find(names.begin(), names.end(), name) != names.end();
  std::string hint;
  if (known) {
    std::vector<std::string> forms;
    for (const auto& [alias, number] : aliases(repository, name)) forms.push_back(name + "@" + alias);
    const auto all = versions(repository, name);
    if (!all.empty()) forms.push_back(all.front().label());
    hint = "there is: " + join(forms, ", ");
  } else {
    const std::string near = nearest(name, names);
    hint = !near.empty()   ? "did you mean \"" + near + "\"?"
           : names.empty() ? "mlops register add RUN NAME makes the first"
                           : "there is: " + join(names, ", ");
  }
  return input_error(fmt::format("there is no model \"{}\"", printable(asked)), hint);
}

// Which of a run's outputs is the model: the one named, else the only one that holds an .onnx file.
struct RunModel {
  std::string path;
  store::ObjectRef object;
};

bool holds_model(const store::Store& store, const std::string& path, const store::ObjectRef& object) {
  if (object.kind == store::Kind::file) return path.ends_with(".onnx");
  for (const auto& entry : store::decode_tree(store.get(store::Kind::tree, object.id)))
    if (entry.name.ends_with(".onnx") && entry.mode != store::Mode::directory) return true;
  return false;
}

RunModel model_of_run(const store::Store& store, const train::RunEntry& run, const std::string& wanted) {
  std::vector<RunModel> found;
  std::vector<std::string> outs;
  for (const auto& stage : run.body.value("stages", Json::array()))
    for (const auto& out : stage.value("outs", Json::array())) {
      const auto object = data::object_of(out);
      const std::string path = text_or(out, "path");
      if (!object) continue;
      outs.push_back(path);
      if (wanted.empty() ? holds_model(store, path, *object) : path == wanted) found.push_back({path, *object});
    }
  const std::string run_name = "run " + run.run_id.substr(0, 12);
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    std::vector<std::string> paths;
    for (const auto& model : found) paths.push_back(model.path);
    throw input_error(fmt::format("{} made several models: {}", run_name, join(paths, ", ")), "--path chooses one");
  }
  if (!wanted.empty())
    throw input_error(fmt::format("{} made no {}", run_name, wanted), "it made: " + join(outs, ", "));
  throw input_error(fmt::format("{} made no model: none of its outputs holds an .onnx file", run_name),
                    outs.empty() ? "its stages have no outputs" : "it made: " + join(outs, ", "));
}

// Names that the model's author gave in signature.json beside it: columns of inputs, labels of outputs.
void add_names(const store::Store& store, const store::ObjectRef& object, Json& signature) {
  if (object.kind != store::Kind::tree) return;
  for (const auto& entry : store::decode_tree(store.get(store::Kind::tree, object.id))) {
    if (entry.name != "signature.json" || entry.size > (1 << 20)) continue;
    const Json given = parse_json(store.read_whole_file(entry.id, 1 << 20), "signature.json");
    for (const char* side : {"inputs", "outputs"})
      for (const auto& from : given.value(side, Json::array()))
        for (auto& tensor : signature[side])
          if (text_or(tensor, "name") == text_or(from, "name"))
            for (const char* key : {"columns", "labels"})
              if (from.contains(key) && from[key].is_array()) tensor[key] = from[key];
  }
}

Json signature_of(const store::Store& store, const store::ObjectRef& object, const std::string& name) {
  Json signature = onnx_signature(model_bytes(store, object, name), name);
  add_names(store, object, signature);
  return signature;
}

void check_object_is_whole(const store::Store& store, const store::ObjectRef& object, const std::string& name) {
  const bool there =
      object.kind == store::Kind::tree ? store.has(store::Kind::tree, object.id) : store.has_file(object.id);
  if (!there)
    throw state_error(fmt::format("the bytes of {} ({}) are not in the store", name, object.id.brief()),
                      "mlops fsck names what is damaged");
}

}  // namespace

std::string model_bytes(const store::Store& store, const store::ObjectRef& object, const std::string& name) {
  if (object.kind == store::Kind::file) return store.read_whole_file(object.id, k_model_bytes);
  const store::TreeEntry* chosen = nullptr;
  const store::Tree tree = store::decode_tree(store.get(store::Kind::tree, object.id));
  for (const auto& entry : tree) {
    if (!entry.name.ends_with(".onnx") || entry.mode == store::Mode::directory || entry.mode == store::Mode::link)
      continue;
    if (chosen != nullptr && entry.name != "model.onnx" && chosen->name != "model.onnx")
      throw input_error(fmt::format("{} holds several .onnx files and none is called model.onnx", name));
    if (chosen == nullptr || entry.name == "model.onnx") chosen = &entry;
  }
  if (chosen == nullptr)
    throw input_error(fmt::format("{} holds no .onnx file", name), "a model directory holds model.onnx");
  return store.read_whole_file(chosen->id, k_model_bytes);
}

std::vector<std::string> model_names(data::Repository& repository) { return registered_names(repository); }

std::vector<ModelVersion> versions(data::Repository& repository, const std::string& name) {
  std::vector<ModelVersion> out;
  if (auto model = registered_model(repository, name))
    for (auto& state : model->versions) out.push_back(std::move(state.version));
  std::reverse(out.begin(), out.end());
  return out;
}

std::map<std::string, std::int64_t> aliases(data::Repository& repository, const std::string& name) {
  auto model = registered_model(repository, name);
  return model ? std::move(model->aliases) : std::map<std::string, std::int64_t>();
}

Json model_signature(const store::Store& store, const store::ObjectRef& object, const std::string& name) {
  return holds_model(store, name, object) ? signature_of(store, object, name) : mlflow_signature(store, object);
}

std::optional<ModelVersion> find(data::Repository& repository, const std::string& name) {
  if (const auto at = name.rfind('@'); at != std::string::npos) {
    const auto all = aliases(repository, name.substr(0, at));
    const auto alias = all.find(name.substr(at + 1));
    return alias == all.end() ? std::nullopt : numbered(repository, name.substr(0, at), alias->second);
  }
  if (const auto colon = name.rfind(':'); colon != std::string::npos) {
    const auto number = number_of(std::string_view(name).substr(colon + 1));
    return number ? numbered(repository, name.substr(0, colon), *number) : std::nullopt;
  }
  if (auto all = versions(repository, name); !all.empty()) return all.front();
  if (name.size() >= 4 && name.find_first_not_of("0123456789abcdef") == std::string::npos)
    for (const auto& entry : repository.database().match("model", name, 2))
      if (entry.id.hex().starts_with(name)) return version_of(entry);
  return std::nullopt;
}

ModelVersion resolve(data::Repository& repository, const std::string& name) {
  auto found = find(repository, name);
  if (!found) throw no_model(repository, name);
  return *std::move(found);
}

ModelVersion add(data::Repository& repository, const AddOptions& options) {
  check_name(options.name, "a model's name");
  Json record{{"type", "model"}, {"version", 1}, {"name", options.name}, {"author", data::author(repository)}};
  if (!options.description.empty()) record["description"] = to_utf8(options.description);
  const auto lease = repository.store().hold();  // until the record is sealed
  store::ObjectRef object;
  std::error_code ignored;
  const bool is_path = !options.source.starts_with("run:") && fs::exists(options.source, ignored);
  if (is_path) {
    const std::string path = repository.relative(options.source);
    object = data::snapshot(repository, path).object;
    record["path"] = path;
  } else {
    const train::RunEntry run = train::find_run(repository, options.source);
    if (text_or(run.body, "status") != "finished")
      throw input_error(fmt::format("run {} is {}", run.run_id.substr(0, 12), text_or(run.body, "status")),
                        "only finished runs can be registered");
    const RunModel model = model_of_run(repository.store(), run, options.path);
    object = model.object;
    record.update({{"run", run.id.hex()},
                   {"run_id", run.run_id},
                   {"path", model.path},
                   {"metrics", run.body.value("metrics", Json::object())}});
  }
  check_object_is_whole(repository.store(), object, options.source);
  record["object"] = data::to_json(object);
  record["signature"] = signature_of(repository.store(), object, text_or(record, "path"));

  fs::create_directories(repository.state() / "leases");
  const FileLock turn(repository.state() / "leases" / "register.lock");
  const auto known = registered_model(repository, options.name);
  const auto existing = versions(repository, options.name);
  if (!existing.empty() && existing.front().object == object &&
      existing.front().body.value("run", "") == record.value("run", ""))
    return existing.front();
  record["number"] = known ? known->last_number + 1 : 1;
  repository.database().seal(record);
  return resolve(repository, fmt::format("{}:{}", options.name, record["number"].get<std::int64_t>()));
}

Id set_alias(data::Repository& repository, const std::string& name, const std::string& alias, std::int64_t number) {
  check_name(alias, "an alias");
  Json change{{"alias", alias}, {"number", number}};
  if (number > 0) {
    const auto version = numbered(repository, name, number);
    if (!version) throw no_model(repository, fmt::format("{}:{}", name, number));
    change["version"] = version->record.hex();
  } else if (!aliases(repository, name).contains(alias)) {
    throw no_model(repository, name + "@" + alias);
  }
  return seal_change(repository, name, change);
}

}  // namespace mlops::registry
