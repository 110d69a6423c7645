// Arrow's own format: files ("ARROW1") and streams.
#include <arrow/extension_type.h>
#include <arrow/ipc/api.h>
#include <arrow/table.h>

#include <array>

#include "ipc_options.h"

namespace mlops::table {

arrow::ipc::IpcReadOptions ipc_options(const Reading& reading) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.max_recursion_depth = reading.options.limits.nesting;
  options.memory_pool = reading.pool.get();
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  return options;
}

bool is_ipc_file(const Reading& reading) {
  std::array<char, 6> start{};
  reading.source.read(0, std::as_writable_bytes(std::span(start)));
  return std::string_view(start.data(), start.size()) == "ARROW1";
}

namespace {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

void add(Batches& batches, std::uint64_t& rows, std::shared_ptr<arrow::RecordBatch> batch, const Reading& reading) {
  if (batch->num_rows() < 0) throw StatusError(arrow::Status::Invalid("a negative number of rows"));
  rows += static_cast<std::uint64_t>(batch->num_rows());
  check_rows(rows, reading);
  batches.push_back(std::move(batch));
}

std::shared_ptr<arrow::Schema> read_file(const Reading& reading, Batches& batches) {
  const auto reader = need(arrow::ipc::RecordBatchFileReader::Open(reading.stream(), ipc_options(reading)));
  check_columns(static_cast<std::size_t>(reader->schema()->num_fields()), reading);
  std::uint64_t rows = 0;
  for (int i = 0; i < reader->num_record_batches(); ++i) add(batches, rows, need(reader->ReadRecordBatch(i)), reading);
  return reader->schema();
}

std::shared_ptr<arrow::Schema> read_stream(const Reading& reading, Batches& batches) {
  const auto reader = need(arrow::ipc::RecordBatchStreamReader::Open(reading.stream(), ipc_options(reading)));
  check_columns(static_cast<std::size_t>(reader->schema()->num_fields()), reading);
  std::uint64_t rows = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    need(reader->ReadNext(&batch));
    if (batch == nullptr) return reader->schema();
    add(batches, rows, batch, reading);
  }
}

}  // namespace

Table read_arrow(const Reading& reading) {
  Batches batches;
  const auto schema = is_ipc_file(reading) ? read_file(reading, batches) : read_stream(reading, batches);
  const auto table = need(arrow::Table::FromRecordBatches(schema, batches));
  batches.clear();
  const auto names = unique_names(schema->field_names());
  std::vector<std::string> wanted;
  std::vector<std::shared_ptr<arrow::ChunkedArray>> data;
  for (const int column : chosen(names, reading)) {
    wanted.push_back(names[static_cast<std::size_t>(column)]);
    data.push_back(table->column(column));
  }
  return to_table(std::move(wanted), std::move(data), static_cast<std::size_t>(table->num_rows()), reading);
}

}  // namespace mlops::table
