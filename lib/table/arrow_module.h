// The seam between this library and the module that holds Arrow (module-arrow/). One static object, thread-safe.
#pragma once

#include <string>

#include "table/batches.h"

namespace mlops::table {

class ArrowModule {
 public:
  virtual ~ArrowModule() = default;
  [[nodiscard]] virtual Table read(const Source& source, Format format, const ReadOptions& options) const = 0;
  // Of a Parquet file.
  [[nodiscard]] virtual Table schema(const Source& source) const = 0;
  // Row groups of a Parquet file.
  [[nodiscard]] virtual std::size_t parts(const Source& source) const = 0;
  [[nodiscard]] virtual std::unique_ptr<BatchReader> batches(const Source& source, Format format,
                                                             const BatchOptions& options) const = 0;
  [[nodiscard]] virtual std::string write_parquet(const Table& table) const = 0;
};

}  // namespace mlops::table
