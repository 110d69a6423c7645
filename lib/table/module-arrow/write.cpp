#include "write.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/util/bit_util.h>
#include <parquet/arrow/writer.h>

#include "base/text.h"
#include "stream.h"

namespace mlops::table {
namespace {

using Buffer = std::shared_ptr<arrow::Buffer>;

// A bit for each byte; null when nothing is.
Buffer bits(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return nullptr;
  auto out = need(arrow::AllocateEmptyBitmap(static_cast<std::int64_t>(bytes.size())));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != 0) arrow::bit_util::SetBit(out->mutable_data(), static_cast<std::int64_t>(i));
  return out;
}

template <typename T>
Buffer view(std::span<const T> values) {
  return std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(values.data()),
                                         static_cast<std::int64_t>(values.size_bytes()));
}

std::shared_ptr<arrow::Array> array(std::shared_ptr<arrow::DataType> type, const Column& column, Buffer values) {
  return arrow::MakeArray(arrow::ArrayData::Make(std::move(type), static_cast<std::int64_t>(column.rows()),
                                                 {bits(column.validity()), std::move(values)},
                                                 static_cast<std::int64_t>(column.nulls())));
}

std::shared_ptr<arrow::Array> texts(const Column& column) {
  arrow::StringBuilder builder;
  for (const auto text : column.dictionary()) need(builder.Append(is_utf8(text) ? std::string(text) : to_utf8(text)));
  const auto codes = array(arrow::int32(), column, view(column.codes()));
  return need(arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int32(), arrow::utf8()), codes,
                                                 need(builder.Finish())));
}

std::shared_ptr<arrow::Array> floats(const Column& column) {
  std::vector<float> values(column.reals().begin(), column.reals().end());
  return array(arrow::float32(), column, arrow::Buffer::FromVector(std::move(values)));
}

std::shared_ptr<arrow::Array> to_array(const Column& column) {
  switch (column.kind) {
    case Kind::boolean:
      return array(arrow::boolean(), column, column.rows() == 0 ? view(column.booleans()) : bits(column.booleans()));
    case Kind::integer:
      return array(arrow::int64(), column, view(column.integers()));
    case Kind::real:
      if (column.source_type == "float") return floats(column);
      return array(arrow::float64(), column, view(column.reals()));
    case Kind::time:
      return array(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), column, view(column.times()));
    case Kind::text:
      return texts(column);
    case Kind::other:
      break;
  }
  throw usage_error("column \"" + column.name + "\" (" + column.source_type + ") can't be written as Parquet");
}

}  // namespace

std::string to_parquet(const Table& table) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : table.columns) {
    arrays.push_back(to_array(column));
    fields.push_back(arrow::field(to_utf8(column.name), arrays.back()->type()));
  }
  const auto whole = arrow::Table::Make(arrow::schema(fields), arrays, static_cast<std::int64_t>(table.rows));
  const auto out = need(arrow::io::BufferOutputStream::Create());
  const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
  // Without Arrow's own schema, texts read back as texts everywhere, not as categories.
  const auto plain = parquet::ArrowWriterProperties::Builder().build();
  need(parquet::arrow::WriteTable(*whole, arrow::default_memory_pool(), out, std::int64_t{1} << 20, properties, plain));
  return need(out->Finish())->ToString();
}

}  // namespace mlops::table
