// How stages look while they run and when they are done; shared by `pipeline run` and `train run`.
#pragma once

#include "command.h"
#include "pipeline/run.h"
#include "train/runs.h"

namespace mlops {

// Prints each stage's line as it ends, and what its commands print on stderr.
class StageLines : public pipeline::Observer {
 public:
  StageLines(Output& out, bool show_output, std::size_t width) : out_(out), show_output_(show_output), width_(width) {}
  void printed(const pipeline::Stage& stage, std::string_view text) override;
  void ended(const pipeline::StageResult& result) override;

 private:
  void line(const pipeline::StageResult& result);
  Output& out_;
  bool show_output_;
  std::size_t width_;
  // Where everything is up to date, one sentence at the end is enough: these lines wait for a stage that did something.
  std::vector<pipeline::StageResult> unchanged_;
};

// "run 5e0b71d2a9c4 · 1 of 3 stages from cache · mlops train show 5e0b", or the failure. Returns the exit code.
int finish_run(Output& out, const train::Outcome& outcome);

Json to_json(const pipeline::StageResult& stage);
// The longest name of a stage, for aligned lines.
std::size_t name_width(const pipeline::Definition& definition);
// "auc 0.874  rmse 0.398"
std::string metrics_line(const Json& metrics, std::size_t most = 4);

}  // namespace mlops
