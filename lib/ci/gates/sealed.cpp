// Results that stand in git (mlops.lock, metrics files) and were edited by the branch: each has to be what a sealed run
// of the same work made.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "ci/gates/gates.h"
#include "data/object_json.h"
#include "pipeline/lock_file.h"
#include "pipeline/run.h"

namespace mlops::ci {
namespace {

std::optional<Id> made(const Json& stage, const std::string& path) {
  for (const auto& out : stage.value("outs", Json::array()))
    if (text_or(out, "path") == path)
      if (const auto object = data::object_of(out)) return object->id;
  return std::nullopt;
}

// Equal to the candidate's result, or to that of another run of the same work.
bool is_sealed(const Case& asked, const std::string& stage_name, const std::string& path, const Id& id) {
  const Json stage = asked.candidate.stage(stage_name);
  if (stage.is_null()) return false;
  return made(stage, path) == id || was_made(asked.repository, stage, path, id);
}

std::string instead(const Case& asked, const std::string& stage, const std::string& path) {
  const Json ran = asked.candidate.stage(stage);
  const auto id = ran.is_null() ? std::nullopt : made(ran, path);
  return id ? fmt::format("the sealed run made {}", id->brief()) : "no sealed run made it";
}

pipeline::LockFile lock_at(const Revision& revision) {
  const auto text = revision.read("mlops.lock");
  return text ? pipeline::parse_lock(*text, printable(revision.name()) + ":mlops.lock") : pipeline::LockFile{};
}

void ask_lock(const Case& asked, Rows& rows) {
  const Branch& branch = *asked.branch;
  if (!branch.edits(branch.head.in_git("mlops.lock"))) return;
  const auto refuse = [&](const std::string& what, std::string detail) {
    rows.push_back({"sealed", "mlops.lock" + what + " as sealed", Answer::fail, {}, std::move(detail)});
  };
  try {
    const auto now = lock_at(branch.head), then = lock_at(branch.target);
    for (const auto& [name, stage] : now) {
      const auto before = then.find(name);
      for (const auto& [path, object] : stage.outs) {
        if (before != then.end() && before->second.outs.contains(path) && before->second.outs.at(path) == object)
          continue;
        if (!is_sealed(asked, name, path, object.id))
          refuse(fmt::format(" of {}", printable(name)),
                 fmt::format("it says {} {}, and {}", printable(path), object.id.brief(), instead(asked, name, path)));
      }
    }
  } catch (const Error& error) {
    refuse("", printable(error.message()));
  }
}

// "auc 0.99, measured 0.7": the first number that differs.
std::string numbers(const std::string& bytes, const std::string& path, const Json& stage) {
  try {
    const Json says = pipeline::read_metrics(bytes, path), measured = stage.value("metrics", Json::object());
    for (const auto& [key, value] : says.items())
      if (!measured.contains(key) || measured[key] != value)
        return fmt::format("it says {} {}, the sealed run measured {}", printable(key), value.dump(),
                           measured.contains(key) ? measured[key].dump() : "no such thing");
  } catch (const Error& error) {
    return printable(error.message());
  }
  return "other bytes than the sealed run made";
}

void ask_files(const Case& asked, Rows& rows) {
  const Branch& branch = *asked.branch;
  const auto definition = branch.head.definition();
  if (!definition) return;
  for (const auto& stage : definition->stages)
    for (const auto& out : stage.outs) {
      const auto bytes = branch.edits(branch.head.in_git(out.path)) ? branch.head.read(out.path) : std::nullopt;
      if (!bytes || is_sealed(asked, stage.name, out.path, sha256(*bytes))) continue;
      const Json ran = asked.candidate.stage(stage.name);
      const std::string detail = ran.is_null() ? "no sealed run made it"
                                 : out.metric  ? numbers(*bytes, out.path, ran)
                                               : instead(asked, stage.name, out.path);
      rows.push_back({"sealed", printable(out.path) + " as sealed", Answer::fail, {}, detail});
    }
}

}  // namespace

void ask_sealed(const Case& asked, Rows& rows) {
  if (asked.branch->is_target()) return;
  ask_lock(asked, rows);
  ask_files(asked, rows);
}

}  // namespace mlops::ci
