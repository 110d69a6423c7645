// The gate's answers on a terminal: one line each.
#pragma once

#include "ci/row.h"
#include "output.h"

namespace mlops {

void print_gate(Output& out, const ci::Rows& rows);

}  // namespace mlops
