// Arrow's own format, one record batch at a time, handed out in slices.
#include <arrow/ipc/api.h>
#include <arrow/record_batch.h>

#include "batch_source.h"
#include "ipc_options.h"

namespace mlops::table {
namespace {

class ArrowBatches : public BatchSource {
 public:
  explicit ArrowBatches(const Reading& reading) : reading_(reading) {
    if (is_ipc_file(reading))
      file_ = need(arrow::ipc::RecordBatchFileReader::Open(reading.stream(), ipc_options(reading)));
    else
      stream_ = need(arrow::ipc::RecordBatchStreamReader::Open(reading.stream(), ipc_options(reading)));
    schema_ = file_ != nullptr ? file_->schema() : stream_->schema();
    check_columns(static_cast<std::size_t>(schema_->num_fields()), reading);
    names_ = unique_names(schema_->field_names());
    wanted_ = chosen(names_, reading);
  }

  std::optional<Batch> next() override {
    while (batch_ == nullptr || at_ >= batch_->num_rows()) {
      batch_ = another();
      at_ = 0;
      if (batch_ == nullptr) break;
      if (batch_->num_rows() < 0) throw StatusError(arrow::Status::Invalid("a negative number of rows"));
      rows_ += static_cast<std::uint64_t>(batch_->num_rows());
      check_rows(rows_, reading_);
    }
    if (batch_ == nullptr && !first_) return std::nullopt;
    const auto slice =
        batch_ == nullptr ? need(arrow::RecordBatch::MakeEmpty(schema_)) : batch_->Slice(at_, k_batch_rows);
    at_ += slice->num_rows();
    first_ = false;
    Batch out;
    out.table = to_table(names_, wanted_, *slice, reading_);
    return out;
  }

 private:
  std::shared_ptr<arrow::RecordBatch> another() {
    std::shared_ptr<arrow::RecordBatch> out;
    if (stream_ != nullptr)
      need(stream_->ReadNext(&out));
    else if (number_ < file_->num_record_batches())
      out = need(file_->ReadRecordBatch(number_++));
    return out;
  }

  const Reading& reading_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::string> names_;
  std::vector<int> wanted_;
  std::shared_ptr<arrow::RecordBatch> batch_;  // being handed out
  std::int64_t at_ = 0;
  int number_ = 0;
  std::uint64_t rows_ = 0;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<BatchSource> arrow_batches(const Reading& reading) { return std::make_unique<ArrowBatches>(reading); }

}  // namespace mlops::table
