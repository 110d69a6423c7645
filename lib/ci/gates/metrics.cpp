#include "ci/gates/gates.h"

namespace mlops::ci {

void ask_metrics(const Case& asked, Rows& rows) {
  // Its own bytes are in production already: there is nothing to beat.
  registry::ModelVersion candidate = asked.candidate.version;
  if (asked.is_champion()) candidate.number = asked.champion->number;
  for (auto& answer : registry::judge(metric_gates(asked.rules, candidate.name), candidate, asked.champion))
    rows.push_back({"metric", std::move(answer.text), answer.pass ? Answer::pass : Answer::fail, answer.value,
                    std::move(answer.detail)});
}

}  // namespace mlops::ci
