#include "commands.h"
#include "data/repository.h"
#include "pipeline/stage_lines.h"
#include "track/stage_server.h"

namespace mlops {
namespace {

struct Options {
  train::TrainOptions train;
  std::vector<std::string> set;
  bool no_run_cache = false;
};

std::string typed(const Options& options) {
  std::string out = "mlops train run";
  for (const auto& set : options.set) out += " --set " + set;
  for (const auto& stage : options.train.pipeline.stages) out += " " + stage;
  return out;
}

}  // namespace

Run define_train_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& run = options->train.pipeline;
  app.add_option("STAGE", run.stages, "only these stages and what they depend on");
  app.add_option("-S,--set", options->set, "change a parameter first; FILE:KEY=VALUE for another file than params.yaml")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--name", options->train.name, "a name for the run")->type_name("NAME");
  app.add_option("-m,--message", options->train.message, "why this run")->type_name("TEXT");
  app.add_option("-j,--jobs", run.jobs, "stages at once (default: the processors)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_flag("-f,--force", run.force, "run also what is up to date");
  app.add_flag("--no-run-cache", options->no_run_cache, "do not take results of earlier runs");
  return [options](Context& context) {
    auto& train = options->train;
    for (const auto& text : options->set) train.assignments.push_back(pipeline::parse_assignment(text));
    const auto repository = open_repository(context);
    train.command = typed(*options);
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
