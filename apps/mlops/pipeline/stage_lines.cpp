#include "pipeline/stage_lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "data/object_json.h"

namespace mlops {
namespace {

using pipeline::StageStatus;

Style style_of(StageStatus status) {
  switch (status) {
    case StageStatus::ran:
      return Style::good;
    case StageStatus::failed:
      return Style::bad;
    case StageStatus::stopped:
      return Style::warn;
    default:
      return Style::dim;
  }
}

std::string outputs_line(const pipeline::StageResult& result) {
  std::string out;
  for (const auto& [path, object] : result.outs) {
    const bool metric =
        std::find(result.metric_paths.begin(), result.metric_paths.end(), path) != result.metric_paths.end();
    if (!metric) out += fmt::format("  {}{} {}", path, object.kind == store::Kind::tree ? "/" : "", object.id.brief());
  }
  return out;
}

}  // namespace

std::size_t name_width(const pipeline::Definition& definition) {
  std::size_t width = 0;
  for (const auto& stage : definition.stages) width = std::max(width, display_width(stage.name));
  return width;
}

std::string metrics_line(const Json& metrics, std::size_t most) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& [key, value] : metrics.items()) {
    if (shown++ == most) return out + " …";
    // NaN and infinities are text in a record.
    out += fmt::format("{}{} {}", out.empty() ? "" : "  ", key,
                       value.is_number() ? fmt::format("{:.4g}", value.get<double>()) : text_or(metrics, key));
  }
  return out;
}

void StageLines::printed(const pipeline::Stage&, std::string_view text) {
  if (show_output_ && !out_.quiet() && !out_.json()) {
    std::fflush(stdout);
    (void)!::write(STDERR_FILENO, text.data(), text.size());
  }
}

void StageLines::ended(const pipeline::StageResult& result) {
  unchanged_.push_back(result);
  if (result.status == StageStatus::unchanged) return;
  for (const auto& waiting : std::exchange(unchanged_, {})) line(waiting);
}

void StageLines::line(const pipeline::StageResult& result) {
  const std::string pad(width_ + 3 - std::min(width_, display_width(result.name)), ' ');
  Text line =
      Text(result.name) + Text(pad) + Text(fmt::format("{:<9}", to_text(result.status)), style_of(result.status));
  if (result.status == StageStatus::ran) line += Text(fmt::format("  {:>7}", show_duration(result.wall)));
  if (result.status == StageStatus::ran || result.status == StageStatus::cached) line += Text(outputs_line(result));
  if (!result.metrics.empty()) line += Text("  " + metrics_line(result.metrics), Style::bold);
  out_.line(line);
}

int finish_run(Output& out, const train::Outcome& outcome) {
  std::size_t reused = 0;
  const pipeline::StageResult* failed = nullptr;
  for (const auto& stage : outcome.stages) {
    reused += stage.status == StageStatus::cached || stage.status == StageStatus::unchanged ? 1 : 0;
    if (stage.status == StageStatus::failed) failed = &stage;
  }
  if (out.json()) {
    Json stages = Json::array();
    for (const auto& stage : outcome.stages) stages.push_back(to_json(stage));
    out.value({{"run_id", outcome.record.is_null() ? Json() : outcome.record["run_id"]},
               {"record", outcome.record.is_null() ? Json() : Json(outcome.id.hex())},
               {"status", outcome.record.is_null() ? Json("unchanged") : outcome.record["status"]},
               {"stages", stages}});
  } else if (outcome.record.is_null()) {
    out.line(fmt::format("nothing to do: {} stage{} up to date", outcome.stages.size(),
                         outcome.stages.size() == 1 ? "" : "s"));
  } else {
    const std::string run = outcome.record["run_id"].get<std::string>().substr(0, 12);
    out.line(Text("run ") + Text(run, Style::bold) +
             Text(fmt::format(" · {} of {} stages from cache", reused, outcome.stages.size())) +
             Text(" · mlops train show " + run.substr(0, 4), Style::dim));
  }
  if (failed != nullptr) {
    std::fflush(stdout);
    const std::string hint = outcome.record.is_null()
                                 ? ""
                                 : fmt::format("mlops train show {} --log {}   shows what it printed",
                                               outcome.record["run_id"].get<std::string>().substr(0, 12), failed->name);
    out.error(input_error(fmt::format("stage \"{}\" failed: {}", failed->name, failed->problem), hint));
    return k_exit_no;
  }
  if (interrupt_signal() != 0) return 128 + interrupt_signal();
  return outcome.ok() ? k_exit_done : k_exit_no;
}

Json to_json(const pipeline::StageResult& stage) {
  Json outs = Json::array();
  for (const auto& [path, object] : stage.outs) {
    Json item = data::to_json(object);
    item["path"] = path;
    outs.push_back(std::move(item));
  }
  return {{"name", stage.name},
          {"status", to_text(stage.status)},
          {"reasons", stage.reasons},
          {"exit_code", stage.exit_code},
          {"problem", to_utf8(stage.problem)},
          {"wall_us", stage.wall},
          {"outs", outs},
          {"metrics", stage.metrics}};
}

}  // namespace mlops
