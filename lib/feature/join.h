// The training set: every entity row, in the caller's order, with the features that were valid at its time.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "feature/selection.h"
#include "table/table.h"

namespace mlops::feature {

class OnlineStore;

struct JoinOptions {
  std::string timestamp;  // column of the entity rows' times; "" = event_timestamp, else the only column of times
  bool full_names = false;
  OnlineStore* pushed = nullptr;  // where rows that were pushed lie; null = there are none
};

// `entities` keeps its columns, the features follow. `name` is the entity table's, for messages. Throws Error(input): a
// missing column, texts that are no times, names that meet.
table::Table join(const Selection& selection, const std::filesystem::path& root, const table::Table& entities,
                  const std::string& name, const JoinOptions& options);

// The values of a view's column at the given rows; k_no_row gives null.
table::Column gather(const table::Column& column, const Feature& feature, const std::string& name,
                     std::span<const std::uint32_t> rows);

}  // namespace mlops::feature
