// Has the training data moved since the version in production was trained? Refuses where problem.yaml sets
// `drift.share`, else it is a note.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "ci/gates/gates.h"
#include "ci/training_drift.h"

namespace mlops::ci {

void ask_drift(const Case& asked, Rows& rows) {
  const bool refuses = asked.charter() != nullptr && asked.charter()->drift.share.has_value();
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
