// Has the training data moved since the version in production was trained? Refuses where problem.yaml sets
// `drift.share` and the champion is compared by its own run's metric: that number is about data that is gone. Where
// both are asked about the same rows (`champion: {on}`) it is a note, as it must be: drift is what retraining is for.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "ci/gates/gates.h"
#include "ci/training_drift.h"

namespace mlops::ci {

void ask_drift(const Case& asked, Rows& rows) {
  const auto* charter = asked.charter();
  const bool refuses = charter != nullptr && charter->drift.share && charter->champion.on.empty();
  for (const auto& one : training_drift(asked)) {
    Row row{"drift", printable(one.path) + " like the champion's", Answer::pass};
    if (one.same) {
      row.detail = "the same version";
    } else if (!one.problem.empty()) {
      row.answer = Answer::note;
      row.detail = printable(one.problem);
    } else {
      row.value = one.share();
      row.answer = !one.drifted ? Answer::pass : refuses ? Answer::fail : Answer::note;
      row.detail = printable(one.words);
    }
    rows.push_back(std::move(row));
  }
}

}  // namespace mlops::ci
