#include "schedule/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "data/worktree.h"
#include "schedule/record.h"

namespace mlops::schedule {
namespace {

using problem::Cause;

constexpr Micros k_second = 1'000'000;

std::string exact_duration(Micros duration) {
  for (const auto& [unit, name] : {std::pair<Micros, const char*>{86400, "d"}, {3600, "h"}, {60, "m"}})
    if (duration % (unit * k_second) == 0) return fmt::format("{}{}", duration / (unit * k_second), name);
  return fmt::format("{}s", duration / k_second);
}

Error trigger_error(const std::string& text) {
  return usage_error("\"" + printable(text) + "\" is nothing that a schedule can wait for",
                     "data:PATH, alias:MODEL@ALIAS, alarm:MODEL/KIND, drift:MODEL or performance:MODEL");
}

Trigger alarm_of(const std::string& model, Cause cause) {
  return {Trigger::Kind::alarm, "", "", 0, model + "/" + std::string(problem::to_text(cause))};
}

std::vector<Trigger> triggers_of(const problem::Charter& charter) {
  std::vector<Trigger> out;
  for (const Cause cause : charter.retraining.on) {
    if (cause == Cause::schedule) {
      out.push_back({Trigger::Kind::cron, charter.retraining.cron, charter.retraining.zone, 0, ""});
    } else if (cause == Cause::data) {
      for (const auto& source : charter.sources) out.push_back({Trigger::Kind::data, "", "", 0, source});
    } else {
      out.push_back(alarm_of(charter.name, cause));
    }
  }
  return out;
}

Error no_schedule(const std::string& name, const std::vector<Definition>& all) {
  std::vector<std::string> names;
  for (const auto& definition : all) names.push_back(definition.name);
  const std::string near = nearest(name, names);
  return input_error("there is no schedule \"" + printable(name) + "\"",
                     !near.empty()   ? "did you mean \"" + near + "\"?"
                     : names.empty() ? "mlops schedule add makes one"
                                     : "mlops schedule list shows what there is");
}

}  // namespace

std::string Trigger::text() const {
  switch (kind) {
    case Kind::cron:
      return zone.empty() ? cron : cron + " (" + zone + ")";
    case Kind::interval:
      return "every " + exact_duration(every);
    case Kind::data:
      return "data:" + subject;
    case Kind::alias:
      return "alias:" + subject;
    case Kind::alarm:
      return "alarm:" + subject;
  }
  return "";
}

Trigger parse_event_trigger(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = text.substr(0, colon), subject = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (subject.empty()) throw trigger_error(text);
  if (kind == "data") return {Trigger::Kind::data, "", "", 0, subject};
  if (kind == "alias") return {Trigger::Kind::alias, "", "", 0, subject};
  if (kind == "alarm") return {Trigger::Kind::alarm, "", "", 0, subject};
  if (kind == "drift") return alarm_of(subject, Cause::drift);
  if (kind == "performance") return alarm_of(subject, Cause::performance);
  throw trigger_error(text);
}

std::optional<Overlap> parse_overlap(const std::string& text) {
  for (const auto overlap : {Overlap::wait, Overlap::skip, Overlap::allow})
    if (text == to_text(overlap)) return overlap;
  return std::nullopt;
}

const char* to_text(Overlap overlap) {
  return overlap == Overlap::wait ? "wait" : overlap == Overlap::skip ? "skip" : "allow";
}

std::string CatchUp::text() const {
  return kind == Kind::none ? "none" : kind == Kind::last ? "last" : "all:" + std::to_string(most);
}

std::optional<CatchUp> parse_catch_up(const std::string& text) {
  if (text == "none") return CatchUp{CatchUp::Kind::none};
  if (text == "last") return CatchUp{CatchUp::Kind::last};
  if (text == "all") return CatchUp{CatchUp::Kind::all};
  CatchUp out{CatchUp::Kind::all, 0};
  if (!text.starts_with("all:")) return std::nullopt;
  const char *begin = text.data() + 4, *end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(begin, end, out.most);
  if (problem != std::errc() || stop != end || out.most < 1 || out.most > 1000) return std::nullopt;
  return out;
}

void check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 64 && name.front() != '-' && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                             c == '_' || c == '.';
                    });
  if (!fits)
    throw usage_error("\"" + printable(name) + "\" can't name a schedule",
                      "letters, digits, - _ and ., at most 64 of them");
}

std::string data_version(const data::Repository& repository, const std::string& path) {
  const auto pointer = data::read_pointer(repository, path);
  return pointer ? pointer->object.id.hex() : "";
}

Definition resolve(const Definition& definition, const problem::Charter& charter) {
  Definition out = definition;
  out.triggers = triggers_of(charter);
  out.command = charter.retraining.words();
  out.cooldown = charter.retraining.cooldown;
  if (out.triggers.empty())
    throw input_error("\"retraining\" in problem.yaml names nothing to retrain on", "retraining: {on: [drift, data]}");
  return out;
}

Definition resolve(const data::Repository& repository, const Definition& definition) {
  return definition.charter ? resolve(definition, problem::read_charter(repository)) : definition;
}

Definition find(data::Repository& repository, const std::string& name) {
  auto all = list(repository);
  for (auto& definition : all)
    if (definition.name == name) return std::move(definition);
  throw no_schedule(name, all);
}

std::vector<Definition> list(data::Repository& repository) {
  std::vector<Definition> out;
  std::set<std::string> seen;
  for (const auto& entry : repository.database().list({k_record_type, "", 0, true})) {
    if (!seen.insert(entry.key).second) continue;
    if (auto definition = from_record(entry)) out.push_back(std::move(*definition));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace mlops::schedule
