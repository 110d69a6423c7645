// What commands that write a report share.
#pragma once

#include <string>

#include "base/json.h"

namespace mlops {

// Draws the page of `result` and replaces `path` with it. Throws Error(input) when there is no such
// folder, Error(outside) when that can't be written.
void write_report(const std::string& path, const Json& result);

}  // namespace mlops
