#include "ci/gates/gates.h"

namespace mlops::ci {

void ask_rules(const Case& asked, Rows& rows) {
  for (const auto& note : asked.rules.notes)
    rows.push_back({"rules", "rules of " + asked.rules.origin, Answer::note, {}, note});
}

}  // namespace mlops::ci
