// Parquet, one column at a time: decoded, validated, converted, released. Limits are held against the footer first.
#include <arrow/table.h>
#include <parquet/arrow/reader.h>

#include <mutex>

#include "base/pool.h"
#include "base/text.h"
#include "parquet_file.h"

namespace mlops::table {

parquet::ReaderProperties parquet_properties(const Reading& reading) {
  parquet::ReaderProperties out(reading.pool.get());
  out.set_thrift_container_size_limit(1 << 20);
  out.set_schema_depth_limit(reading.options.limits.nesting);
  out.set_page_checksum_verification(true);
  return out;
}

ParquetLayout parquet_layout(const parquet::FileMetaData& metadata) {
  ParquetLayout out;
  parquet::ArrowReaderProperties plain(false);
  need(parquet::arrow::FromParquetSchema(metadata.schema(), plain, metadata.key_value_metadata(), &out.schema));
  need(parquet::arrow::SchemaManifest::Make(metadata.schema(), metadata.key_value_metadata(), plain, &out.manifest));
  return out;
}

bool comes_as_dictionary(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY ||
         type.id() == arrow::Type::LARGE_STRING || type.id() == arrow::Type::DICTIONARY;
}

namespace {

class Columns {
 public:
  Columns(const Reading& reading, std::shared_ptr<parquet::FileMetaData> metadata)
      : reading_(reading), metadata_(std::move(metadata)), layout_(parquet_layout(*metadata_)) {}

  [[nodiscard]] const arrow::Schema& schema() const { return *layout_.schema; }
  // As read() would make it, but for its rows.
  [[nodiscard]] Column empty(int field) const {
    const auto& described = *layout_.schema->field(field);
    const auto type = type_name(*described.type());
    if (!layout_.manifest.schema_fields[static_cast<std::size_t>(field)].is_leaf() || without_values(*described.type()))
      return other_column(described.name(), type, 0);
    return to_column(described.name(), type, *need(arrow::ChunkedArray::MakeEmpty(described.type())), reading_);
  }
  // Of the file, or of the row group that is asked for.
  [[nodiscard]] std::size_t rows() const {
    return static_cast<std::size_t>(reading_.options.part ? metadata_->RowGroup(group())->num_rows()
                                                          : metadata_->num_rows());
  }

  // Readers share the metadata, nothing else: columns are read on several threads.
  [[nodiscard]] Column read(int field) const {
    const auto& described = *layout_.schema->field(field);
    const auto& place = layout_.manifest.schema_fields[static_cast<std::size_t>(field)];
    const auto type = type_name(*described.type());
    if (!place.is_leaf() || without_values(*described.type())) return other_column(described.name(), type, rows());
    auto reader = take_reader();
    const auto data = values(*reader, field, place.column_index);
    give_back(std::move(reader));
    if (static_cast<std::size_t>(data->length()) != rows())
      throw StatusError(
          arrow::Status::Invalid("column \"", described.name(), "\" has another number of rows than the file says"));
    return to_column(described.name(), type, *data, reading_);
  }

 private:
  using FileReader = parquet::arrow::FileReader;
  // One for each thread that reads: to make one takes as long as there are columns.
  [[nodiscard]] std::unique_ptr<FileReader> take_reader() const {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto out = std::move(free_.back());
        free_.pop_back();
        return out;
      }
    }
    parquet::ArrowReaderProperties options(false);
    options.set_pre_buffer(false);
    for (int field = 0; field < layout_.schema->num_fields(); ++field) {
      const auto& place = layout_.manifest.schema_fields[static_cast<std::size_t>(field)];
      if (place.is_leaf() && comes_as_dictionary(*layout_.schema->field(field)->type()))
        options.set_read_dictionary(place.column_index, true);
    }
    auto file = parquet::ParquetFileReader::Open(reading_.stream(), parquet_properties(reading_), metadata_);
    return need(FileReader::Make(reading_.pool.get(), std::move(file), options));
  }
  void give_back(std::unique_ptr<FileReader> reader) const {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(reader));
  }

  [[nodiscard]] int group() const { return static_cast<int>(*reading_.options.part); }
  [[nodiscard]] std::shared_ptr<arrow::ChunkedArray> values(parquet::arrow::FileReader& reader, int field,
                                                            int leaf) const {
    std::shared_ptr<arrow::ChunkedArray> data;
    if (!reading_.options.part) {
      need(reader.ReadColumn(field, &data));
      return data;
    }
    return need(reader.ReadRowGroup(group(), {leaf}))->column(0);
  }

  const Reading& reading_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  ParquetLayout layout_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<FileReader>> free_;
};

void check_memory(const Columns& columns, const std::vector<int>& fields, const Reading& reading) {
  const auto limit = static_cast<std::uint64_t>(reading.pool->limit());
  const std::uint64_t width = 4;  // the least that a column of ours takes for a row, but for booleans
  if (columns.rows() > 0 && limit / columns.rows() / width < fields.size() / 4)
    throw StatusError(arrow::Status::OutOfMemory("too many values"));
}

}  // namespace

Table parquet_schema(const Reading& reading) {
  auto file = parquet::ParquetFileReader::Open(reading.stream(), parquet_properties(reading));
  const auto metadata = file->metadata();
  check_columns(static_cast<std::size_t>(std::max(metadata->num_columns(), 0)), reading);
  const Columns columns(reading, metadata);
  const auto names = unique_names(columns.schema().field_names());
  Table out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.columns.push_back(columns.empty(static_cast<int>(i)));
    out.columns.back().name = names[i];
  }
  return out;
}

std::size_t parquet_parts(const Reading& reading) {
  const auto file = parquet::ParquetFileReader::Open(reading.stream(), parquet_properties(reading));
  return static_cast<std::size_t>(std::max(file->metadata()->num_row_groups(), 0));
}

Table read_parquet(const Reading& reading) {
  auto file = parquet::ParquetFileReader::Open(reading.stream(), parquet_properties(reading));
  const auto metadata = file->metadata();
  check_columns(static_cast<std::size_t>(std::max(metadata->num_columns(), 0)), reading);
  if (metadata->num_rows() < 0) throw StatusError(arrow::Status::Invalid("a negative number of rows"));
  check_rows(static_cast<std::uint64_t>(metadata->num_rows()), reading);
  if (const auto part = reading.options.part) {
    if (*part >= static_cast<std::size_t>(metadata->num_row_groups()))
      throw StatusError(arrow::Status::Invalid("there is no row group ", *part));
    const auto rows = metadata->RowGroup(static_cast<int>(*part))->num_rows();
    if (rows < 0 || rows > metadata->num_rows())
      throw StatusError(arrow::Status::Invalid("row group ", *part, " has more rows than the file"));
  }
  const Columns columns(reading, metadata);
  const auto names = unique_names(columns.schema().field_names());
  const auto fields = chosen(names, reading);
  check_memory(columns, fields, reading);
  Table out;
  out.rows = columns.rows();
  out.columns.resize(fields.size());
  parallel_for(fields.size(), [&](std::size_t i) {
    out.columns[i] = columns.read(fields[i]);
    out.columns[i].name = names[static_cast<std::size_t>(fields[i])];
  });
  return out;
}

}  // namespace mlops::table
