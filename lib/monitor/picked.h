// Rows chosen from one or several columns, as a new column or table.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "table/table.h"

namespace mlops::monitor {

// All of one kind: where kinds differ numbers meet as reals, everything else as text. The columns must outlive it.
class Picked {
 public:
  // null: the row has no value.
  void add(const table::Column* column, std::size_t row);
  [[nodiscard]] table::Column column(const std::string& name) const;

 private:
  std::vector<std::pair<const table::Column*, std::size_t>> places_;
  std::optional<table::Kind> kind_;
};

table::Table take_rows(const table::Table& table, const std::vector<std::size_t>& rows);
// The rows whose "time" is in [from, to).
table::Table rows_between(const table::Table& table, Micros from, Micros to);

}  // namespace mlops::monitor
