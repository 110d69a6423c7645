// What a reviewer reads: the gate's answers, and what changed in metrics, data and parameters, as Markdown.
#pragma once

#include <string>

#include "ci/gate.h"

namespace mlops::ci {

// The longest comment that GitHub takes is 65,536 characters: longer reports end with a line that says so.
inline constexpr std::size_t k_report_limit = 60'000;  // bytes

std::string report(const GateResult& result);

}  // namespace mlops::ci
