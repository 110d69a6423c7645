// The gate's answers as JUnit's XML, which every CI system shows: one test case a row.
#pragma once

#include <string>

#include "ci/row.h"

namespace mlops::ci {

// Notes are passed cases with a text. Characters that XML can't hold are written as people see them (\x1b).
std::string junit(const Rows& rows);

}  // namespace mlops::ci
