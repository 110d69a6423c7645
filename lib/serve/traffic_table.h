// Calls as rows of a table: request_id, row, time, version_id, latency_us, status, in.COLUMN…, out.COLUMN….
#pragma once

#include <map>
#include <string>
#include <vector>

#include "serve/call.h"
#include "table/table.h"

namespace mlops::serve {

// Takes calls of one model version. Columns are named by the signature, else NAME_0…; a call that has no value for a
// column has a null there.
class TrafficTable {
 public:
  void add(const Call& call);
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] Micros first() const { return first_; }
  [[nodiscard]] Micros last() const { return last_; }
  // Empties it.
  table::Table finish();

 private:
  struct Values {
    table::Kind kind = table::Kind::real;
    std::vector<std::uint8_t> booleans, valid;
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
    std::vector<std::string> texts;
  };
  void add_tensor(const Model& model, const TensorInfo& info, const Tensor& tensor, const char* side, std::size_t rows);
  Values& column(const std::string& name, DataType type);
  static table::Column make(const std::string& name, Values values, std::size_t rows);

  std::size_t rows_ = 0;
  Micros first_ = 0, last_ = 0;
  std::vector<std::string> ids_, versions_;
  std::vector<std::int64_t> row_, time_, latency_, status_;
  std::vector<std::string> order_;
  std::map<std::string, Values> columns_;
};

// One table of several, columns by name; where one has no such column there are nulls. Rows whose "time" is before
// `since` are left out.
table::Table concatenate(const std::vector<table::Table>& tables, Micros since = 0);

}  // namespace mlops::serve
