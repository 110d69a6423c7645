#include "pipeline/staleness.h"

#include <fmt/format.h>

#include "base/file.h"
#include "data/worktree.h"
#include "pipeline/parameters.h"
#include "pipeline/templates.h"

namespace mlops::pipeline {
namespace {

std::optional<ObjectRef> hash_path(data::Repository& repository, const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(repository.root() / path, ignored))) return std::nullopt;
  return data::snapshot(repository, path, {.keep = false, .progress = nullptr, .stop = {}}).object;
}

std::string command_text(const std::vector<std::string>& commands) {
  return fmt::format("{}", fmt::join(commands, " && "));
}

void check_deps(const StageInputs& inputs, const LockedStage& locked, std::vector<std::string>& out) {
  for (const auto& [path, object] : inputs.deps) {
    const auto before = locked.deps.find(path);
    if (!object)
      out.push_back(path + " is missing");
    else if (before == locked.deps.end())
      out.push_back(path + " is a new dependency");
    else if (before->second.id != object->id)
      out.push_back(fmt::format("{}  {} → {}", path, before->second.id.brief(), object->id.brief()));
  }
  for (const auto& [path, object] : locked.deps)
    if (!inputs.deps.contains(path)) out.push_back(path + " is no dependency any more");
}

void check_params(const StageInputs& inputs, const LockedStage& locked, std::vector<std::string>& out) {
  for (const auto& name : inputs.missing_params) out.push_back("parameter " + name + " is missing");
  for (const auto& [file, values] : inputs.params.items()) {
    const Json before = locked.params.value(file, Json::object());
    for (const auto& [key, value] : values.items()) {
      if (!before.contains(key))
        out.push_back(fmt::format("parameter {} is new", key));
      else if (before[key] != value)
        out.push_back(fmt::format("parameter {}  {} → {}", key, before[key].dump(), value.dump()));
    }
    for (const auto& [key, value] : before.items())
      if (!values.contains(key)) out.push_back(fmt::format("parameter {} is not used any more", key));
  }
  for (const auto& [file, values] : locked.params.items())
    if (!inputs.params.contains(file)) out.push_back("parameters of " + file + " are not used any more");
}

void check_outs(data::Repository& repository, const Stage& stage, const LockedStage& locked,
                std::vector<std::string>& out) {
  for (const auto& output : stage.outs) {
    const auto before = locked.outs.find(output.path);
    if (before == locked.outs.end()) {
      out.push_back(output.path + " is a new output");
      continue;
    }
    const auto now = hash_path(repository, output.path);
    if (!now)
      out.push_back(output.path + " is missing");
    else if (now->id != before->second.id)
      out.push_back(output.path + " was changed by hand");
  }
  for (const auto& [path, object] : locked.outs)
    if (std::none_of(stage.outs.begin(), stage.outs.end(),
                     [&, &path_ = path](const Output& output) { return output.path == path_; }))
      out.push_back(path + " is no output any more");
}

}  // namespace

void read_parameter_uses(const Stage& stage, const std::function<Json(const std::string&)>& read, StageInputs& inputs) {
  for (const auto& use : stage.params) {
    const Json values = read(use.file);
    Json& taken = inputs.params[use.file];
    if (taken.is_null()) taken = Json::object();
    if (use.keys.empty() && values.is_object()) taken.update(flatten(values));
    if (use.keys.empty() && values.is_null()) inputs.missing_params.push_back(use.file);
    for (const auto& key : use.keys) {
      const Json* value = look_up(values, key);
      if (value != nullptr)
        taken[key] = *value;
      else
        inputs.missing_params.push_back(use.file + ":" + key);
    }
  }
}

StageInputs read_inputs(data::Repository& repository, const Stage& stage) {
  StageInputs inputs;
  for (const auto& dep : stage.deps) inputs.deps[dep.path] = hash_path(repository, dep.path);
  read_parameter_uses(
      stage, [&](const std::string& file) { return read_parameters(repository.root() / file, file); }, inputs);
  return inputs;
}

std::vector<std::string> why_stale(data::Repository& repository, const Stage& stage, const StageInputs& inputs,
                                   const LockedStage* locked) {
  std::vector<std::string> out;
  if (locked == nullptr) return {"it never ran"};
  if (!stage.frozen) {
    if (locked->commands != stage.commands || locked->wdir != stage.wdir)
      out.push_back(fmt::format("its command was: {}", command_text(locked->commands)));
    if (stage.always_changed) out.emplace_back("always_changed");
    if (stage.deps.empty() && stage.outs.empty()) out.emplace_back("it has neither dependencies nor outputs");
    check_deps(inputs, *locked, out);
    check_params(inputs, *locked, out);
  }
  check_outs(repository, stage, *locked, out);
  return out;
}

Id run_cache_key(const Stage& stage, const StageInputs& inputs) {
  Json deps = Json::object(), outs = Json::array();
  for (const auto& [path, object] : inputs.deps) deps[path] = object ? object->id.hex() : "";
  for (const auto& out : stage.outs) outs.push_back(out.path);
  std::sort(outs.begin(), outs.end());
  return sha256(canonical_json(
      {{"cmd", stage.commands}, {"wdir", stage.wdir}, {"deps", deps}, {"params", inputs.params}, {"outs", outs}}));
}

}  // namespace mlops::pipeline
