#include "commands.h"
#include "data/repository.h"
#include "pipeline/stage_lines.h"
#include "track/stage_server.h"

namespace mlops {
namespace {

struct Options {
  pipeline::RunOptions run;
  bool dry_run = false, no_run_cache = false;
};

int dry_run(Output& out, data::Repository& repository, const Options& options) {
  const auto definition = pipeline::read_definition(repository);
  const auto stages = pipeline::plan(repository, definition, options.run.stages);
  if (out.json()) {
    Json list = Json::array();
    for (const auto& stage : stages) list.push_back(to_json(stage));
    out.value(list);
    return k_exit_done;
  }
  const std::size_t width = name_width(definition);
  for (const auto& stage : stages) {
    const std::string pad(width + 3 - stage.name.size(), ' ');
    if (stage.reasons.empty()) {
      out.answer(Text(stage.name + pad) + Text("up to date", Style::dim));
      continue;
    }
    for (std::size_t i = 0; i < stage.reasons.size(); ++i)
      out.answer(Text((i == 0 ? stage.name : std::string(stage.name.size(), ' ')) + pad) +
                 Text(i == 0 ? "stale: " : "       ", Style::warn) + Text(stage.reasons[i]));
  }
  return k_exit_done;
}

}  // namespace

Run define_pipeline_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("STAGE", options->run.stages, "only these stages and what they depend on");
  app.add_option("-j,--jobs", options->run.jobs, "stages at once (default: the processors)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_flag("-f,--force", options->run.force, "run also what is up to date");
  app.add_flag("--no-run-cache", options->no_run_cache, "do not take results of earlier runs");
  app.add_flag("-n,--dry-run", options->dry_run, "say what would run, and why");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    if (options->dry_run) return dry_run(context.out, *repository, *options);
    train::TrainOptions train;
    train.always_record = false;
    train.command = "mlops pipeline run";
    for (const auto& stage : options->run.stages) train.command += " " + stage;
    train.pipeline = options->run;
    train.pipeline.use_run_cache = !options->no_run_cache;
    train.pipeline.stop = interrupt_token();
    const auto definition = pipeline::read_definition(*repository);
    StageLines lines(context.out, true, name_width(definition));
    train.pipeline.observer = &lines;
    const auto tracking = track::stage_server(*repository, train::experiment_name(*repository, definition));
    train.pipeline.hooks = tracking.get();
    return finish_run(context.out, train::train(*repository, train));
  };
}

}  // namespace mlops
