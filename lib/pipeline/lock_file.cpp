#include "pipeline/lock_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/yaml.h"

namespace mlops::pipeline {
namespace {

constexpr const char* k_name = "mlops.lock";

using Ordered = nlohmann::ordered_json;

Ordered write_objects(const std::map<std::string, ObjectRef>& objects) {
  Ordered list = Ordered::array();
  for (const auto& [path, object] : objects) {
    Ordered item{{"path", path}, {"hash", "sha256"}, {"sha256", object.id.hex()}, {"size", object.size}};
    if (object.kind == store::Kind::tree) item["nfiles"] = object.files;
    list.push_back(std::move(item));
  }
  return list;
}

Ordered write_stage(const LockedStage& stage) {
  Ordered out;
  if (stage.commands.size() == 1)
    out["cmd"] = stage.commands.front();
  else
    out["cmd"] = stage.commands;
  if (!stage.wdir.empty()) out["wdir"] = stage.wdir;
  if (!stage.deps.empty()) out["deps"] = write_objects(stage.deps);
  if (!stage.params.empty()) out["params"] = Ordered::parse(stage.params.dump());
  if (!stage.outs.empty()) out["outs"] = write_objects(stage.outs);
  return out;
}

std::map<std::string, ObjectRef> read_objects(const Json& stage, const char* key, const std::string& name) {
  std::map<std::string, ObjectRef> out;
  if (!stage.contains(key)) return out;
  for (const auto& item : stage.at(key)) {
    const auto id = Id::from_hex(need_text(item, "sha256", name));
    if (!id) throw input_error(name + ": a \"sha256\" is not 64 hexadecimal digits");
    ObjectRef object{store::Kind::file, *id, static_cast<std::uint64_t>(integer_or(item, "size")), 1};
    if (item.contains("nfiles")) {
      object.kind = store::Kind::tree;
      object.files = static_cast<std::uint64_t>(integer_or(item, "nfiles"));
    }
    out[need_text(item, "path", name)] = object;
  }
  return out;
}

LockedStage read_stage(const Json& stage, const std::string& name) {
  LockedStage out;
  const Json& cmd = need(stage, "cmd", name);
  if (cmd.is_array())
    for (const auto& line : cmd) out.commands.push_back(line.is_string() ? line.get<std::string>() : line.dump());
  else
    out.commands.push_back(cmd.is_string() ? cmd.get<std::string>() : cmd.dump());
  out.wdir = text_or(stage, "wdir");
  out.deps = read_objects(stage, "deps", name);
  out.outs = read_objects(stage, "outs", name);
  if (stage.contains("params") && stage["params"].is_object()) out.params = stage["params"];
  return out;
}

}  // namespace

std::string lock_text(const LockFile& lock) {
  Ordered stages = Ordered::object();
  for (const auto& [name, stage] : lock) stages[name] = write_stage(stage);
  return to_yaml(Ordered{{"schema", "2.0"}, {"stages", stages}});
}

LockFile parse_lock(const std::string& text, const std::string& name) {
  LockFile out;
  const Json root = to_json(parse_yaml(text, name));
  if (root.is_null() || !root.contains("stages") || root["stages"].is_null()) return out;
  if (!root["stages"].is_object()) throw input_error(name + ": \"stages\" is not a map");
  for (const auto& [stage, body] : root["stages"].items())
    out[stage] = read_stage(body, name + ": stage \"" + stage + "\"");
  return out;
}

LockFile read_lock(const std::filesystem::path& root) {
  const fs::path file = root / k_name;
  if (!fs::exists(file)) return {};
  return parse_lock(read_file(file, 256 << 20), k_name);
}

void update_lock(const std::filesystem::path& root, const std::filesystem::path& leases, const LockFile& changed) {
  if (changed.empty()) return;
  fs::create_directories(leases);
  const FileLock guard(leases / "mlops.lock.lock");
  LockFile lock = read_lock(root);
  for (const auto& [name, stage] : changed) lock[name] = stage;
  replace_file(root / k_name, lock_text(lock));
}

}  // namespace mlops::pipeline
