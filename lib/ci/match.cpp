// Is this run one of that commit? Files of the work tree are never looked at.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ci/candidate.h"
#include "data/object_json.h"
#include "data/revision.h"
#include "data/worktree.h"
#include "pipeline/parameters.h"
#include "pipeline/staleness.h"

namespace mlops::ci {
namespace {

using store::ObjectRef;

constexpr std::size_t k_named = 5;  // differences of one kind

using Objects = std::map<std::string, ObjectRef>;

Objects objects_of(const Json& stage, const char* side) {
  Objects out;
  for (const auto& item : stage.value(side, Json::array()))
    if (const auto object = data::object_of(item)) out[text_or(item, "path")] = *object;
  return out;
}

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// "b" for "a/b" below "a"; nullopt: it is not below.
std::optional<std::string> inside(const std::string& path, const std::string& folder) {
  if (folder.empty() || folder == ".") return path;
  if (!path.starts_with(folder + "/")) return std::nullopt;
  return path.substr(folder.size() + 1);
}

class Comparison {
 public:
  Comparison(data::Repository& repository, const Revision& head, const pipeline::Definition& definition,
             const Json& run)
      : repository_(repository), head_(head), definition_(definition), run_(run), paths_(head.paths()) {
    for (const auto& path : paths_)
      if (path.ends_with(".mlops") && path.size() > 6) {
        const std::string tracked = path.substr(0, path.size() - 6);
        pointers_[tracked] = data::parse_pointer(*head.read(path), head.name() + ":" + path).object;
      }
    for (const auto& stage : run.value("stages", Json::array())) stages_[text_or(stage, "name")] = stage;
  }

  std::vector<std::string> all() {
    compare_state();
    if (!out_.empty()) return out_;
    compare_code();
    for (const auto& stage : definition_.stages) compare_stage(stage);
    for (const auto& [name, stage] : stages_)
      if (std::none_of(definition_.stages.begin(), definition_.stages.end(),
                       [&, &n = name](const auto& s) { return s.name == n; }))
        out_.push_back(fmt::format("it has a stage {} that HEAD has not", quote(name)));
    return out_;
  }

 private:
  void compare_state() {
    if (const std::string status = text_or(run_, "status"); status != "finished")
      out_.push_back("it is " + printable(status));
    else if (!run_.contains("code"))
      out_.emplace_back("it holds no snapshot of its code");
    else if (text_or(run_["code"], "snapshot").empty())
      out_.emplace_back("its code was in no git repository");
  }

  // What mlops itself writes into git, and what stages make there: compared by ids, or judged by a row of its own.
  bool is_bookkeeping(const std::string& path) const {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (name == "mlops.lock" || name == ".gitignore" || name.ends_with(".mlops")) return true;
    if (path.starts_with(".mlops/") || path.find("/.mlops/") != std::string::npos) return true;
    const auto below = head_.below_root(path);
    for (const auto& stage : definition_.stages)
      for (const auto& out : stage.outs)
        if (below && (*below == out.path || inside(*below, out.path))) return true;
    return false;
  }

  void compare_code() {
    const Json& code = run_["code"];
    const auto changes = head_.git().differences(text_or(code, "snapshot"), head_.commit().id);
    if (!changes) {
      out_.push_back(fmt::format("its code ({}) is not in this clone", text_or(code, "commit", "?").substr(0, 7)));
      return;
    }
    std::size_t more = 0;
    const auto tell = [&](const std::string& path, const char* how) {
      if (out_.size() < k_named)
        out_.push_back(printable(path) + " " + how);
      else
        ++more;
    };
    for (const auto& change : *changes)
      if (!is_bookkeeping(change.path))
        tell(change.path, change.kind == 'A' ? "came after it" : change.kind == 'D' ? "is not in HEAD" : "differs");
    for (const auto& path : code.value("skipped", Json::array()))
      if (path.is_string() && head_.git().read(head_.commit().id, path.get<std::string>()))
        tell(path.get<std::string>(), "was changed and too large to be captured");
    if (more > 0) out_.push_back(fmt::format("{} more files differ", more));
  }

  void compare_stage(const pipeline::Stage& stage) {
    const auto found = stages_.find(stage.name);
    if (found == stages_.end()) {
      out_.push_back(fmt::format("stage {} was not part of it", quote(stage.name)));
      return;
    }
    const Json& ran = found->second;
    if (ran.value("cmd", Json()) != Json(stage.commands) || text_or(ran, "wdir") != stage.wdir)
      out_.push_back(fmt::format("stage {} had another command", quote(stage.name)));
    compare_params(stage, ran);
    const Objects deps = objects_of(ran, "deps");
    for (const auto& dep : stage.deps) compare_dep(stage, dep.path, deps);
    for (const auto& [path, object] : deps)
      if (std::none_of(stage.deps.begin(), stage.deps.end(), [&, &p = path](const auto& dep) { return dep.path == p; }))
        out_.push_back(fmt::format("stage {} had another dependency: {}", quote(stage.name), printable(path)));
    check_results(stage, ran);
  }

  void compare_params(const pipeline::Stage& stage, const Json& ran) {
    pipeline::StageInputs inputs;
    const auto values = [&](const std::string& file) {
      const auto text = head_.read(file);
      return text ? pipeline::parse_parameters(*text, file) : Json();
    };
    pipeline::read_parameter_uses(stage, values, inputs);
    for (const auto& name : inputs.missing_params)
      out_.push_back(fmt::format("parameter {} is missing in HEAD", printable(name)));
    const Json then = ran.value("params", Json::object());
    for (const auto& [file, now] : inputs.params.items()) {
      const Json before = then.value(file, Json::object());
      for (const auto& [key, value] : now.items())
        if (!before.contains(key) || before[key] != value)
          out_.push_back(fmt::format("parameter {} was {}, is {}", printable(key),
                                     before.contains(key) ? printable(before[key].dump()) : "absent",
                                     printable(value.dump())));
    }
  }

  void compare_dep(const pipeline::Stage& stage, const std::string& path, const Objects& deps) {
    const auto read = deps.find(path);
    if (read == deps.end()) {
      out_.push_back(fmt::format("stage {} did not read {}", quote(stage.name), printable(path)));
      return;
    }
    if (const std::string problem = dep_problem(path, read->second);
        !problem.empty() && std::find(out_.begin(), out_.end(), problem) == out_.end())
      out_.push_back(problem);
  }

  std::string differs(const std::string& path, const Id& before, const Id& now) const {
    return fmt::format("{} was {}, is {}", printable(path), before.brief(), now.brief());
  }

  // What stood at `part` of an object that may not be in the store.
  std::optional<Id> part_of(const ObjectRef& object, const std::string& part) const {
    try {
      const auto entry = data::descend(repository_.store(), object, part);
      return entry ? std::optional(entry->id) : std::nullopt;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  // `known` are objects by path: of pointers, or of what other stages made. nullopt: none of them concerns the path.
  std::optional<std::string> against(const Objects& known, const std::string& path, const ObjectRef& read) const {
    bool concerned = false;
    for (const auto& [other, object] : known) {
      std::optional<Id> now = object.id, then = read.id;
      if (const auto part = inside(path, other))
        now = part_of(object, *part);
      else if (const auto below = inside(other, path))
        then = part_of(read, *below);
      else if (other != path)
        continue;
      concerned = true;
      if (!now || !then) return printable(path) + " can't be compared: its version is not in the store (mlops pull)";
      if (*now != *then) return differs(path, *then, *now);
    }
    return concerned ? std::optional<std::string>("") : std::nullopt;
  }

  Objects made() const {
    Objects out;
    for (const auto& stage : definition_.stages)
      if (const auto found = stages_.find(stage.name); found != stages_.end())
        for (const auto& [path, object] : objects_of(found->second, "outs")) out[path] = object;
    return out;
  }

  // "" = it is what HEAD has.
  std::string dep_problem(const std::string& path, const ObjectRef& read) const {
    const auto by_stage = against(made(), path, read);
    if (by_stage && !by_stage->empty()) return *by_stage;
    const auto by_pointer = against(pointers_, path, read);
    if (by_pointer && !by_pointer->empty()) return *by_pointer;
    if (by_stage || by_pointer) return {};
    if (paths_.contains(path)) {
      const Id now = sha256(*head_.read(path));
      return now == read.id ? "" : differs(path, read.id, now);
    }
    const auto first = paths_.lower_bound(path + "/");
    if (path == "." || (first != paths_.end() && first->starts_with(path + "/")))
      return {};  // a folder of code: compared as such
    return printable(path) + " is neither in git nor versioned: nobody can tell what it was";
  }

  // A stage that was up to date, or came from the run cache, took its outputs over: then some run must have made them.
  void check_results(const pipeline::Stage& stage, const Json& ran) {
    if (text_or(ran, "status") == "ran") return;
    for (const auto& [path, object] : objects_of(ran, "outs"))
      if (!was_made(repository_, ran, path, object.id)) {
        out_.push_back(fmt::format("stage {} took {} {} over from mlops.lock, and no sealed run made it",
                                   quote(stage.name), printable(path), object.id.brief()));
        return;
      }
  }

  data::Repository& repository_;
  const Revision& head_;
  const pipeline::Definition& definition_;
  const Json& run_;
  std::set<std::string> paths_;
  Objects pointers_;
  std::map<std::string, Json> stages_;
  std::vector<std::string> out_;
};

bool makes(const Json& stage, const std::string& path, const Id& object) {
  const Objects outs = objects_of(stage, "outs");
  const auto found = outs.find(path);
  return found != outs.end() && found->second.id == object;
}

bool equal_work(const Json& a, const Json& b) {
  return text_or(a, "name") == text_or(b, "name") && a.value("cmd", Json()) == b.value("cmd", Json()) &&
         text_or(a, "wdir") == text_or(b, "wdir") && a.value("params", Json()) == b.value("params", Json()) &&
         objects_of(a, "deps") == objects_of(b, "deps");
}

Id cache_key(const Json& stage) {
  pipeline::Stage work;
  const Json commands = stage.value("cmd", Json::array());
  for (const auto& command : commands)
    if (command.is_string()) work.commands.push_back(command.get<std::string>());
  work.wdir = text_or(stage, "wdir");
  for (const auto& [path, object] : objects_of(stage, "outs")) {
    work.outs.emplace_back();
    work.outs.back().path = path;
  }
  pipeline::StageInputs inputs;
  for (const auto& [path, object] : objects_of(stage, "deps")) inputs.deps[path] = object;
  inputs.params = stage.value("params", Json::object());
  return pipeline::run_cache_key(work, inputs);
}

}  // namespace

std::vector<std::string> differences(data::Repository& repository, const Revision& head, const Json& run) {
  const auto definition = head.definition();
  if (!definition) return {"HEAD has no mlops.yaml"};
  return Comparison(repository, head, *definition, run).all();
}

bool was_made(data::Repository& repository, const Json& stage, const std::string& path, const Id& object) {
  for (const auto& entry : repository.database().list({.type = "stage", .key = cache_key(stage).hex(), .limit = 0}))
    if (makes(entry.body, path, object)) return true;
  for (const auto& entry : repository.database().list({.type = "run", .key = ""}))
    for (const auto& ran : entry.body.value("stages", Json::array()))
      if (ran.is_object() && text_or(ran, "status") == "ran" && equal_work(ran, stage) && makes(ran, path, object))
        return true;
  return false;
}

}  // namespace mlops::ci
