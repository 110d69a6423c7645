#include "ci/report.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "ci/markdown.h"
#include "data/diff.h"
#include "data/object_json.h"
#include "data/revision.h"

namespace mlops::ci {
namespace {

using markdown::code;
using markdown::table;
using markdown::text;

std::string heading(const GateResult& result) {
  const auto& [branch, judged, rows] = result;
  const auto& candidate = judged.candidate;
  std::string out = "<!-- mlops ci report -->\n";
  out += fmt::format("### mlops gate: {}\n\n", passed(rows) ? "✅ passed" : "❌ refused");
  out += fmt::format("{} at {}",
                     candidate.run ? "Run " + code(candidate.run->run_id.substr(0, 12)) : std::string("No run"),
                     code(branch.head.commit().id.substr(0, 7)));
  if (candidate.version.number > 0) out += ", registered as " + code(candidate.version.label());
  out += ", by the rules of " + code(judged.rules.origin);
  return out + (judged.champion ? ", against " + code(judged.champion->label()) : std::string(", without a champion")) +
         ".\n\n";
}

std::string gate_table(const Rows& rows) {
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows)
    cells.push_back({row.answer == Answer::pass   ? "✅ pass"
                     : row.answer == Answer::fail ? "❌ **fail**"
                                                  : "ℹ️ note",
                     text(row.gate), row.value ? code(show_double(*row.value)) : "", text(row.detail)});
  return table({"answer", "gate", "value", "detail"}, cells, 100);
}

// +1: more is better, -1: less, 0: nobody said.
int direction_of(const problem::Charter* charter, const std::string& metric) {
  if (charter == nullptr) return 0;
  const auto sign = [](const problem::Metric& m) { return m.direction == problem::Direction::maximize ? 1 : -1; };
  if (charter->metric.name == metric) return sign(charter->metric);
  for (const auto& other : charter->secondary)
    if (other.name == metric) return sign(other);
  return 0;
}

std::string change(double before, double now, int direction) {
  if (before == now) return "=";
  const std::string arrow = now > before ? "▲" : "▼";
  const double gain = (now - before) * direction;
  return fmt::format("{} {:+.4g}{}", arrow, now - before, direction == 0 ? "" : gain > 0 ? " better" : " **worse**");
}

std::string number(const Json& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : code(found->is_string() ? found->get<std::string>() : found->dump());
}

std::string metrics_section(const Case& judged) {
  const Json now = judged.candidate.version.body.value("metrics", Json::object());
  const Json before = judged.champion ? judged.champion->body.value("metrics", Json::object()) : Json::object();
  std::set<std::string> names;
  for (const auto& [name, value] : now.items()) names.insert(name);
  for (const auto& [name, value] : before.items()) names.insert(name);
  if (names.empty()) return {};
  std::vector<std::vector<std::string>> cells;
  for (const auto& name : names) {
    const bool both = now.contains(name) && before.contains(name) && now[name].is_number() && before[name].is_number();
    cells.push_back(
        {code(name), number(before, name), number(now, name),
         both ? change(before[name].get<double>(), now[name].get<double>(), direction_of(judged.charter(), name))
              : ""});
  }
  return "#### Metrics\n\n" +
         table({"metric", judged.champion ? code(judged.champion->label()) : "champion", "candidate", "change"}, cells);
}

// Parameters by name, of a run that may be absent.
Json params_of(const std::optional<train::RunEntry>& run) {
  return run ? run->body.value("params", Json::object()) : Json::object();
}

std::string params_section(const Case& judged) {
  if (!judged.champion) return {};
  const Candidate champion = candidate_of(judged.repository, *judged.champion);
  if (!champion.run || !judged.candidate.run) return {};
  const Json before = params_of(champion.run), now = params_of(judged.candidate.run);
  std::set<std::string> names;
  for (const auto& [name, value] : before.items()) names.insert(name);
  for (const auto& [name, value] : now.items()) names.insert(name);
  std::vector<std::vector<std::string>> cells;
  for (const auto& name : names)
    if (before.value(name, Json()) != now.value(name, Json()))
      cells.push_back({code(name), number(before, name), number(now, name)});
  if (cells.empty()) return {};
  return "#### Parameters\n\n" + table({"parameter", code(judged.champion->label()), "candidate"}, cells);
}

struct Counts {
  std::size_t added = 0, removed = 0, changed = 0;
  std::uint64_t bytes_added = 0, bytes_removed = 0;
};

// nullopt: the trees are not in the store.
std::optional<Counts> count(data::Repository& repository, const std::optional<store::ObjectRef>& before,
                            const std::optional<store::ObjectRef>& now, const std::string& path) {
  Counts out;
  try {
    for (const auto& one :
         data::diff(data::stored_side(repository, before), data::stored_side(repository, now), path)) {
      out.added += one.kind == '+' ? 1 : 0;
      out.removed += one.kind == '-' ? 1 : 0;
      out.changed += one.kind == '~' ? 1 : 0;
      out.bytes_added += one.after ? one.after->size : 0;
      out.bytes_removed += one.before ? one.before->size : 0;
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  return out;
}

std::string files_text(const std::optional<Counts>& counts) {
  if (!counts) return "its files are not here: mlops pull";
  return fmt::format("+{} −{} ~{}, +{} −{}", counts->added, counts->removed, counts->changed,
                     show_size(counts->bytes_added), show_size(counts->bytes_removed));
}

std::string id_text(const std::optional<store::ObjectRef>& object) { return object ? code(object->id.brief()) : ""; }

std::string data_section(const GateResult& result) {
  data::Repository& repository = result.judged.repository;
  const auto before = data::pointers_of(repository, result.branch.target.commit().id);
  const auto now = data::pointers_of(repository, result.branch.head.commit().id);
  std::set<std::string> paths;
  for (const auto& [path, object] : before) paths.insert(path);
  for (const auto& [path, object] : now) paths.insert(path);
  const auto find = [](const auto& all, const std::string& path) {
    const auto found = all.find(path);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<std::vector<std::string>> cells;
  for (const auto& path : paths) {
    const auto then = find(before, path), here = find(now, path);
    if (then != here)
      cells.push_back({code(path), id_text(then), id_text(here), files_text(count(repository, then, here, path))});
  }
  if (cells.empty()) return {};
  return "#### Data\n\n" + table({"path", "target", "HEAD", "files"}, cells);
}

std::string drift_section(const Rows& rows) {
  std::string out;
  for (const auto& row : rows)
    if (row.kind == "drift") out += fmt::format("- {}: {}\n", text(row.gate), text(row.detail));
  return out.empty() ? "" : "#### Drift of the training data\n\n" + out + "\n";
}

std::string lineage_section(const Case& judged) {
  if (!judged.candidate.run) return {};
  const Json& run = judged.candidate.run->body;
  const Json source = run.value("code", Json::object());
  const std::size_t uncommitted = source.value("changed", Json::array()).size();
  std::string out = "#### Lineage\n\n";
  out +=
      fmt::format("- run {} by {}, {}, record {}\n", code(judged.candidate.run->run_id), code(text_or(run, "author")),
                  code(text_or(run, "started").substr(0, 19)), code(judged.candidate.run->id.brief()));
  out += fmt::format(
      "- code {}{}\n", code(text_or(source, "commit").substr(0, 12)),
      uncommitted == 0 ? "" : fmt::format(" and {} uncommitted file{}", uncommitted, uncommitted == 1 ? "" : "s"));
  std::set<std::string> seen;
  for (const auto& stage : run.value("stages", Json::array()))
    for (const auto& dep : stage.value("deps", Json::array())) {
      const auto object = data::object_of(dep);
      if (object && text_or(dep, "origin") == "data" && seen.size() < 50 && seen.insert(text_or(dep, "path")).second)
        out += fmt::format("- data {} {}\n", code(text_or(dep, "path")), code(object->id.hex()));
    }
  const Json environment = run.value("environment", Json::object());
  const Json python = environment.value("python", Json());
  if (python.is_object())
    out += fmt::format("- python {}, packages {}\n", code(text_or(python, "version")),
                       code(text_or(python, "lock", "none").substr(0, 12)));
  return out + fmt::format("- on {}, mlops {}\n\n", code(text_or(environment, "system")),
                           code(text_or(environment, "mlops")));
}

std::string reproduce_section(const GateResult& result) {
  return fmt::format("#### Again\n\n```sh\ngit checkout {}\nmlops pull\nmlops train run\nmlops ci gate\n```\n",
                     result.branch.head.commit().id);
}

}  // namespace

std::string report(const GateResult& result) {
  std::string out = heading(result);
  const std::string sections[] = {gate_table(result.rows),    metrics_section(result.judged),
                                  data_section(result),       params_section(result.judged),
                                  drift_section(result.rows), lineage_section(result.judged),
                                  reproduce_section(result)};
  for (const auto& section : sections) {
    if (out.size() + section.size() > k_report_limit)
      return out + "… cut: the report is longer than a comment may be.\n";
    out += section;
  }
  return out;
}

}  // namespace mlops::ci
