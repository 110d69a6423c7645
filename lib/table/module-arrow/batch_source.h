// One format's rows in pieces, and the reader that keeps what they all need.
#pragma once

#include <memory>

#include "formats.h"
#include "table/batches.h"

namespace mlops::table {

// What a format does: everything Arrow throws may leave it.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  // nullopt: no more. `first_row` is set by the caller.
  virtual std::optional<Batch> next() = 0;
};

std::unique_ptr<BatchSource> csv_batches(const Reading& reading, char separator, const BatchOptions& options);
std::unique_ptr<BatchSource> json_batches(const Reading& reading, const BatchOptions& options);
std::unique_ptr<BatchSource> parquet_batches(const Reading& reading);
std::unique_ptr<BatchSource> arrow_batches(const Reading& reading);

// Rows of one batch of the formats whose own pieces may be larger.
inline constexpr std::int64_t k_batch_rows = 64 << 10;

std::unique_ptr<BatchReader> open_batches(const Source& source, Format format, const BatchOptions& options);

// Columns of a record batch as ours: `names` and `positions` of those wanted, validated.
Table to_table(const std::vector<std::string>& names, const std::vector<int>& positions,
               const arrow::RecordBatch& batch, const Reading& reading);

}  // namespace mlops::table
