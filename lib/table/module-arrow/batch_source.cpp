#include "batch_source.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "base/pool.h"
#include "border.h"

namespace mlops::table {
namespace {

std::unique_ptr<BatchSource> source_of(const Reading& reading, Format format, const BatchOptions& options) {
  switch (format) {
    case Format::csv:
      return csv_batches(reading, ',', options);
    case Format::tsv:
      return csv_batches(reading, '\t', options);
    case Format::json_lines:
      return json_batches(reading, options);
    case Format::parquet:
      return parquet_batches(reading);
    case Format::arrow:
      return arrow_batches(reading);
  }
  throw usage_error("unknown table format");
}

class Reader : public BatchReader {
 public:
  Reader(const Source& source, Format format, const BatchOptions& options)
      : format_(format),
        options_(options),
        read_{format, options.columns, options.limits, {}},
        pool_(make_pool(options.limits.memory > 0 ? options.limits.memory : default_memory_limit())),
        reading_(source, read_, pool_) {
    at_border([&] { batches_ = source_of(reading_, format_, options_); });
  }

  std::optional<Batch> next() override {
    std::optional<Batch> out;
    at_border([&] { out = batches_->next(); });
    if (!out) return out;
    out->first_row = rows_ + 1;
    rows_ += out->table.rows;
    check_rows(rows_, reading_);
    return out;
  }

 private:
  template <typename Work>
  void at_border(const Work& work) {
    try {
      guarded(reading_.source, format_name(format_), *pool_, work);
    } catch (...) {
      if (const auto failure = reading_.failure()) std::rethrow_exception(failure);
      throw;
    }
  }

  Format format_;
  BatchOptions options_;
  ReadOptions read_;
  std::shared_ptr<LimitedPool> pool_;
  Reading reading_;
  std::unique_ptr<BatchSource> batches_;  // goes before what it reads from
  std::uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> open_batches(const Source& source, Format format, const BatchOptions& options) {
  return std::make_unique<Reader>(source, format, options);
}

Table to_table(const std::vector<std::string>& names, const std::vector<int>& positions,
               const arrow::RecordBatch& batch, const Reading& reading) {
  Table out;
  out.rows = static_cast<std::size_t>(batch.num_rows());
  out.columns.resize(positions.size());
  parallel_for(positions.size(), [&](std::size_t c) {
    const auto& array = batch.column(positions[c]);
    const auto& name = names[static_cast<std::size_t>(positions[c])];
    out.columns[c] = to_column(name, type_name(*array->type()), arrow::ChunkedArray(array), reading);
  });
  return out;
}

}  // namespace mlops::table
