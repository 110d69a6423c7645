// Fills a column: for the factories here and for the module that reads files. Whoever fills keeps the storage alive.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "table/table.h"

namespace mlops::table {

class ColumnMaker {
 public:
  ColumnMaker(std::string name, Kind kind, std::string source_type, std::size_t rows) {
    column_.name = std::move(name);
    column_.kind = kind;
    column_.source_type = std::move(source_type);
    column_.rows_ = rows;
  }
  void keep(std::shared_ptr<const void> storage) { column_.storage_.push_back(std::move(storage)); }
  // The vector moves into the column; the span points at it there.
  template <typename T>
  std::span<const T> keep(std::vector<T> values) {
    auto storage = std::make_shared<const std::vector<T>>(std::move(values));
    const std::span<const T> view(*storage);
    keep(std::shared_ptr<const void>(storage, storage.get()));
    return view;
  }
  void validity(std::span<const std::uint8_t> valid, std::size_t nulls) {
    column_.validity_ = nulls == 0 ? std::span<const std::uint8_t>{} : valid;
    column_.nulls_ = nulls;
  }
  void exact(std::shared_ptr<const ExactValues> values) { column_.exact_ = std::move(values); }
  void unknown_nulls() { column_.nulls_known_ = false; }
  void booleans(std::span<const std::uint8_t> values) { column_.booleans_ = values; }
  void integers(std::span<const std::int64_t> values) { column_.integers_ = values; }  // also times
  void reals(std::span<const double> values) { column_.reals_ = values; }
  void texts(std::span<const std::uint32_t> codes, std::span<const std::string_view> dictionary) {
    column_.codes_ = codes;
    column_.dictionary_ = dictionary;
  }
  [[nodiscard]] Column take() { return std::move(column_); }

 private:
  Column column_;
};

}  // namespace mlops::table
