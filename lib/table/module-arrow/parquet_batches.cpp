// Parquet, some rows of every column at a time; pages are read as they are needed, so a row group may be larger than
// memory.
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>

#include <algorithm>

#include "batch_source.h"
#include "parquet_file.h"

namespace mlops::table {
namespace {

class ParquetBatches : public BatchSource {
 public:
  explicit ParquetBatches(const Reading& reading) : reading_(reading) {
    auto properties = parquet_properties(reading);
    properties.enable_buffered_stream();
    properties.set_buffer_size(256 << 10);
    auto file = parquet::ParquetFileReader::Open(reading.stream(), properties);
    const auto metadata = file->metadata();
    check_columns(static_cast<std::size_t>(std::max(metadata->num_columns(), 0)), reading);
    if (metadata->num_rows() < 0) throw StatusError(arrow::Status::Invalid("a negative number of rows"));
    rows_ = static_cast<std::uint64_t>(metadata->num_rows());
    check_rows(rows_, reading);
    open(std::move(file), parquet_layout(*metadata));
  }

  std::optional<Batch> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (rows_reader_ != nullptr) need(rows_reader_->ReadNext(&batch));
    if (batch != nullptr) return made(*batch);
    if (!first_) return std::nullopt;
    return made(*need(arrow::RecordBatch::MakeEmpty(empty_)));
  }

 private:
  // Where a column that is wanted lies: in the batches, or nowhere, as it is nested.
  struct Place {
    std::string name, type;
    int position = -1;
  };

  void open(std::unique_ptr<parquet::ParquetFileReader> file, const ParquetLayout& layout) {
    parquet::ArrowReaderProperties options(false);
    options.set_pre_buffer(false);
    options.set_batch_size(k_batch_rows);
    std::vector<int> leaves;
    arrow::FieldVector fields;
    const auto names = unique_names(layout.schema->field_names());
    for (const int field : chosen(names, reading_)) {
      const auto& described = layout.schema->field(field);
      const auto& place = layout.manifest.schema_fields[static_cast<std::size_t>(field)];
      const bool values = place.is_leaf() && !without_values(*described->type());
      places_.push_back({names[static_cast<std::size_t>(field)], type_name(*described->type()),
                         values ? static_cast<int>(leaves.size()) : -1});
      if (!values) continue;
      leaves.push_back(place.column_index);
      fields.push_back(described);
    }
    // The reader hands columns out in the file's order.
    std::vector<int> sorted = leaves;
    std::sort(sorted.begin(), sorted.end());
    for (auto& place : places_)
      if (place.position >= 0)
        place.position = static_cast<int>(
            std::lower_bound(sorted.begin(), sorted.end(), leaves[static_cast<std::size_t>(place.position)]) -
            sorted.begin());
    empty_ = arrow::schema(fields);
    if (sorted != leaves) empty_ = arrow::schema(in_order(fields, leaves));
    file_ = need(parquet::arrow::FileReader::Make(reading_.pool.get(), std::move(file), options));
    std::vector<int> groups(static_cast<std::size_t>(file_->num_row_groups()));
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
    if (!sorted.empty()) rows_reader_ = need(file_->GetRecordBatchReader(groups, sorted));
  }

  static arrow::FieldVector in_order(const arrow::FieldVector& fields, const std::vector<int>& leaves) {
    std::map<int, std::shared_ptr<arrow::Field>> sorted;
    for (std::size_t i = 0; i < leaves.size(); ++i) sorted[leaves[i]] = fields[i];
    arrow::FieldVector out;
    for (const auto& [leaf, field] : sorted) out.push_back(field);
    return out;
  }

  Batch made(const arrow::RecordBatch& batch) {
    first_ = false;
    std::vector<std::string> names(static_cast<std::size_t>(batch.num_columns()));
    std::vector<int> positions;
    for (const auto& place : places_)
      if (place.position >= 0) {
        names[static_cast<std::size_t>(place.position)] = place.name;
        positions.push_back(place.position);
      }
    Table values = to_table(names, positions, batch, reading_);
    Batch out;
    out.table.rows = positions.empty() ? static_cast<std::size_t>(rows_) : values.rows;
    std::size_t at = 0;
    for (const auto& place : places_) {
      if (place.position < 0) {
        out.table.columns.push_back(other_column(place.name, place.type, out.table.rows));
        continue;
      }
      out.table.columns.push_back(std::move(values.columns[at++]));
      out.table.columns.back().source_type = place.type;
    }
    return out;
  }

  const Reading& reading_;
  std::uint64_t rows_ = 0;
  std::vector<Place> places_;
  std::shared_ptr<arrow::Schema> empty_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> rows_reader_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<BatchSource> parquet_batches(const Reading& reading) {
  return std::make_unique<ParquetBatches>(reading);
}

}  // namespace mlops::table
