#include "ci/report.h"

#include "commands.h"

namespace mlops {

Run define_ci_report(CLI::App& app) {
  auto options = std::make_shared<ci::GateOptions>();
  app.add_option("CANDIDATE", options->candidate, "a run or a model version (the newest run of HEAD's code and data)");
  app.add_option("--target", options->target, "the revision to compare with (the pull request's target, else main)")
      ->type_name("REV");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    const auto git = ci::need_git(*repository);
    auto result = ci::gate(*repository, *git, *options);
    const std::string text = ci::report(result);
    if (context.out.json()) {
      Json value = ci::to_json(result);
      value["markdown"] = text;
      context.out.value(value);
    } else {
      context.out.raw(text);
    }
    return k_exit_done;
  };
}

}  // namespace mlops
