// The questions of the gate, one file each.
#pragma once

#include "ci/gate.h"

namespace mlops::ci {

void ask_rules(const Case& asked, Rows& rows);
void ask_run(const Case& asked, Rows& rows);
void ask_metrics(const Case& asked, Rows& rows);
void ask_champion(const Case& asked, Rows& rows);
void ask_data(const Case& asked, Rows& rows);
void ask_drift(const Case& asked, Rows& rows);
void ask_latency(const Case& asked, Rows& rows);
void ask_protected(const Case& asked, Rows& rows);
void ask_sealed(const Case& asked, Rows& rows);

}  // namespace mlops::ci
