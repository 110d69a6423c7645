#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/course_text.h"
#include "data/data_text.h"
#include "data/git_setup.h"
#include "data/kept.h"
#include "data/memory.h"
#include "data/repository.h"
#include "data/revision.h"
#include "data/standing.h"
#include "data/worktree.h"
#include "monitor/alarms.h"
#include "pipeline/run.h"
#include "pipeline/stage_lines.h"
#include "register/models.h"
#include "register/moved_apart.h"
#include "train/runs.h"

namespace mlops {
namespace {

struct Line {
  std::string part, sign, name, detail;
  bool absent = false;  // not wholly here: to be pulled first
  bool missing = false;
  data::Course course = data::Course::ours;
  bool broken = false;  // its pointer can't be read
};

// Returns the versioned paths.
std::vector<std::string> add_data(data::Repository& repository, std::vector<Line>& lines) {
  const data::Memory::Batch batch(repository.memory());
  const data::KeptScope kept(repository);
  std::map<std::string, Error> broken;
  std::vector<std::string> paths;
  for (const auto& [path, object] : data::pointers_here(repository, broken)) {
    paths.push_back(path);
    const std::string id = object.id.brief();
    const auto standing = data::standing(repository, path, object);
    const auto position = data::position(repository, path, object, standing);
    if (!standing.stored)
      lines.push_back({"data", "!", path, id + " is not in the store: mlops pull", true});
    else if (standing.missing)
      lines.push_back({"data", "-", path, "missing here; it is " + id, false, true});
    else if (standing.absent > 0)
      lines.push_back(
          {"data", "!", path, count_files(standing.absent) + " of " + id + " not in the store: mlops pull", true});
    else if (!position.ours())
      lines.push_back({"data", "<", path, course_text(position, object), false, false, position.course});
    else if (!standing.clean())
      lines.push_back({"data", "~", path, "changed since " + id});
  }
  for (const auto& [path, error] : broken)
    lines.push_back({"data", "!", path, error.message(), false, false, data::Course::ours, true});
  return paths;
}

void add_pipeline(data::Repository& repository, std::vector<Line>& lines) {
  if (!fs::exists(repository.root() / "mlops.yaml")) return;
  for (const auto& stage : pipeline::plan(repository, pipeline::read_definition(repository), {}))
    if (!stage.reasons.empty()) lines.push_back({"pipeline", "!", stage.name, "stale: " + join(stage.reasons, "; ")});
}

void add_models(data::Repository& repository, std::vector<Line>& lines) {
  for (const auto& name : registry::model_names(repository)) {
    for (const auto& [alias, number] : registry::aliases(repository, name)) {
      const auto version = registry::find(repository, name + "@" + alias);
      if (version)
        lines.push_back({"models", " ", name + "@" + alias + " = " + version->label(),
                         to_local(parse_time(text_or(version->body, "time")).value_or(0), now_micros()) + "  " +
                             metrics_line(version->body.value("metrics", Json::object()), 2)});
    }
    for (const auto& apart : registry::moved_apart(repository, name))
      lines.push_back({"models", "!", name + "@" + apart.alias, apart.text(name)});
  }
}

void add_alarms(data::Repository& repository, std::vector<Line>& lines) {
  for (const auto& alarm : monitor::alarms(repository.database()))
    if (alarm.firing)
      lines.push_back(
          {"monitor", "!", alarm.model,
           fmt::format("{} fires since {}: {}", alarm.kind, to_local(alarm.since, now_micros()), alarm.text)});
}

std::vector<std::string> next_steps(const std::vector<Line>& lines) {
  const auto is = [&](const char* part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const Line& line) { return line.part == part && line.sign != " "; });
  };
  std::vector<Differing> differing;
  for (const auto& line : lines) {
    if (line.part != "data" || line.broken) continue;
    if (line.absent) return {"mlops pull    brings what is not here"};
    differing.push_back({line.name, line.missing, line.course});
  }
  if (!differing.empty()) return next_steps(differing);
  if (is("pipeline")) return {"mlops pipeline run"};
  if (is("monitor")) return {"mlops monitor alarms"};
  return {};
}

}  // namespace

Run define_status(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    std::vector<Line> lines;
    const auto paths = add_data(*repository, lines);
    add_pipeline(*repository, lines);
    add_models(*repository, lines);
    add_alarms(*repository, lines);
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& line : lines)
        list.push_back({{"part", line.part},
                        {"changed", line.sign != " "},
                        {"name", to_utf8(line.name)},
                        {"detail", line.detail},
                        {"behind", line.course == data::Course::behind}});
      context.out.value(list);
      return k_exit_done;
    }
    std::string part;
    std::size_t width = 0;
    for (const auto& line : lines) width = std::max(width, display_width(line.name));
    for (const auto& line : lines) {
      context.out.answer(Text(fmt::format("{:<9}", part == line.part ? "" : line.part), Style::dim) +
                         Text(" " + line.sign + " ", Style::warn) +
                         Text(line.name + std::string(width + 3 - display_width(line.name), ' ')) + Text(line.detail));
      part = line.part;
    }
    if (lines.empty()) context.out.line("nothing is versioned yet, or all is as it was");
    if (data::lacks_merge_driver(*repository))
      context.out.note("git merges pointers as text here: mlops init   tells it how, once in each clone");
    for (const auto& step : next_steps(lines)) context.out.note("next: " + step);
    warn_open_to_git(context.out, *repository, paths);
    return k_exit_done;
  };
}

}  // namespace mlops
