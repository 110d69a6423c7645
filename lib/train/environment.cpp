#include "train/environment.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <set>

#include "base/build.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/text.h"

namespace mlops::train {
namespace {

// Never the whole environment: it holds secrets.
constexpr std::array<const char*, 9> k_variables{"LANG",
                                                 "LC_ALL",
                                                 "TZ",
                                                 "OMP_NUM_THREADS",
                                                 "MKL_NUM_THREADS",
                                                 "OPENBLAS_NUM_THREADS",
                                                 "PYTHONHASHSEED",
                                                 "CUDA_VISIBLE_DEVICES",
                                                 "SOURCE_DATE_EPOCH"};

fs::path find_program(const std::string& name, const fs::path& directory) {
  if (name.find('/') != std::string::npos) return (directory / name).lexically_normal();
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "", ':'))
    if (!folder.empty() && ::access((fs::path(folder) / name).c_str(), X_OK) == 0) return fs::path(folder) / name;
  return {};
}

// The first Python interpreter that a stage's command starts with.
fs::path interpreter_of(const data::Repository& repository, const pipeline::Definition& definition) {
  for (const auto& stage : definition.stages)
    for (const auto& command : stage.commands) {
      const std::string word = split(std::string(trim(command)), ' ').front();
      if (fs::path(word).filename().string().starts_with("python")) {
        const fs::path found = find_program(word, repository.root() / stage.wdir);
        if (!found.empty()) return found;
      }
    }
  return {};
}

std::string venv_value(const fs::path& venv, const std::string& key) {
  std::error_code ignored;
  if (!fs::exists(venv / "pyvenv.cfg", ignored)) return {};
  for (const auto& line : split(read_file(venv / "pyvenv.cfg", 1 << 16), '\n')) {
    const auto equals = line.find('=');
    if (equals != std::string::npos && trim(line.substr(0, equals)) == key)
      return std::string(trim(line.substr(equals + 1)));
  }
  return {};
}

Json python(data::Repository& repository, const pipeline::Definition& definition) {
  const fs::path interpreter = interpreter_of(repository, definition);
  if (interpreter.empty()) return nullptr;
  const fs::path venv = interpreter.parent_path().parent_path();
  std::string version = venv_value(venv, "version");
  if (version.empty()) version = venv_value(venv, "version_info");
  Json out{{"version", version}};
  const std::string packages = python_packages(interpreter);
  if (packages.empty()) return out;
  const auto writer = repository.store().writer();
  out["lock"] = writer->put_file(std::as_bytes(std::span(packages))).id.hex();
  writer->commit();
  out["packages"] = std::count(packages.begin(), packages.end(), '\n');
  return out;
}

}  // namespace

std::string python_packages(const fs::path& interpreter) {
  const fs::path venv = interpreter.parent_path().parent_path();
  std::error_code ignored;
  if (!fs::exists(venv / "pyvenv.cfg", ignored)) return {};
  std::set<std::string> lines;
  for (const auto& folder : fs::directory_iterator(venv / "lib", ignored)) {
    for (const auto& entry : fs::directory_iterator(folder.path() / "site-packages", ignored)) {
      const std::string name = entry.path().filename().string();
      const auto dash = name.find('-');
      if (name.ends_with(".dist-info") && dash != std::string::npos)
        lines.insert(name.substr(0, dash) +
                     "==" + name.substr(dash + 1, name.size() - dash - 1 - std::string(".dist-info").size()));
    }
  }
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

Json environment(data::Repository& repository, const pipeline::Definition& definition) {
  utsname system{};
  ::uname(&system);
  struct sysinfo memory {};
  ::sysinfo(&memory);
  Json variables = Json::object();
  for (const char* name : k_variables)
    if (const char* value = std::getenv(name); value != nullptr && is_utf8(value)) variables[name] = value;
  std::error_code ignored;
  const auto gpus =
      std::distance(fs::directory_iterator("/proc/driver/nvidia/gpus", ignored), fs::directory_iterator());
  Json out{{"host", to_utf8(system.nodename)},
           {"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
           {"cpus", pool_size()},
           {"gpus", gpus},
           {"memory", static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit},
           {"mlops", version()},
           {"variables", variables}};
  if (const Json found = python(repository, definition); !found.is_null()) out["python"] = found;
  return out;
}

}  // namespace mlops::train
