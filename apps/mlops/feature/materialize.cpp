#include "feature/materialize.h"
#include "feature/shared_pushes.h"

#include "base/text.h"
#include "base/time.h"
#include "commands.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> views;
  std::string from, to;
};

std::optional<Micros> time_option(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_time(text);
  if (!time) throw usage_error("\"" + text + "\" is no time", "write 2026-01-03T12:00:30Z or 2026-01-03");
  return time;
}

Json time_json(const std::optional<Micros>& time) { return time ? Json(to_utc(*time)) : Json(); }

Json to_json(const feature::Materialized& done, const feature::AppliedView& applied) {
  return {{"view", done.view},
          {"hash", applied.version.hash.hex()},
          {"from", time_json(done.from)},
          {"to", to_utc(done.to)},
          {"rows", done.rows},
          {"written", done.written},
          {"watermark", time_json(done.watermark)}};
}

std::string line_of(const feature::Materialized& done) {
  const std::string until = done.watermark ? " · until " + to_utc(*done.watermark) : "";
  if (done.written == 0) return fmt::format("{}  unchanged ({} rows read){}", done.view, show_count(done.rows), until);
  return fmt::format("{}  {} keys written of {} rows{}", done.view, show_count(done.written), show_count(done.rows),
                     until);
}

}  // namespace

Run define_feature_materialize(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("VIEW", options->views, "views (all)");
  app.add_option("--from", options->from, "the first event time that counts (where the last run ended)")
      ->type_name("TIME");
  app.add_option("--to", options->to, "the last event time that counts (now)")->type_name("TIME");
  return [options](Context& context) {
    feature::MaterializeOptions how{time_option(options->from), time_option(options->to)};
    if (how.from && how.to && *how.from > *how.to) throw usage_error("--from is later than --to");
    how.stop = interrupt_token();
    how.progress = &context.out.progress();
    const auto repository = open_repository(context);
    const auto registry = feature::load_registry(repository->database());
    if (options->views.empty())
      for (const auto& [name, view] : registry.views) options->views.push_back(name);
    if (options->views.empty())
      throw input_error("no view was applied yet", "mlops feature apply makes what features/*.yaml defines known");
    for (const auto& name : options->views) (void)registry.view(name);  // told before anything is done
    const auto store = feature::open_shared(*repository, true);
    Json list = Json::array();
    for (const auto& name : options->views) {
      const auto& applied = registry.view(name);
      const auto done = feature::materialize(*store, repository->root(), applied.view, how);
      context.out.progress().finish();
      list.push_back(to_json(done, applied));
      context.out.line(line_of(done));
      if (how.stop.stop_requested())
        throw state_error("interrupted; what was written stays", "the same command continues");
    }
    if (context.out.json()) context.out.value({{"views", list}});
    return k_exit_done;
  };
}

}  // namespace mlops
