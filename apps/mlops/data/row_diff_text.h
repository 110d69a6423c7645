// How differences of rows are shown.
#pragma once

#include <string>

#include "base/json.h"
#include "output.h"
#include "schema/row_diff.h"

namespace mlops {

Json to_json(const schema::RowDiff& diff, const std::vector<std::string>& key);
void print(Output& out, const schema::RowDiff& diff, const std::vector<std::string>& key);

}  // namespace mlops
