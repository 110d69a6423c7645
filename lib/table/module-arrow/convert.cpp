// Arrow's arrays as our columns: few kinds, spans, codes for texts. The arrays are validated in full before a value is
// read.
#include <arrow/array.h>
#include <arrow/array/builder_base.h>
#include <arrow/builder.h>
#include <arrow/scalar.h>
#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include <deque>
#include <limits>

#include "base/text.h"
#include "exact.h"
#include "formats.h"
#include "table/dictionary.h"

namespace mlops::table {
namespace {

using arrow::ChunkedArray;

// What a conversion works on.
struct Job {
  ColumnMaker& maker;
  const ChunkedArray& data;
  const Reading& reading;
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(data.length()); }
};

Kind kind_of(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::BOOL:
      return Kind::boolean;
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return Kind::integer;
    case Type::HALF_FLOAT:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return Kind::real;
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
    case Type::TIME32:
    case Type::TIME64:
    case Type::DURATION:
    case Type::INTERVAL_MONTHS:
    case Type::INTERVAL_DAY_TIME:
    case Type::INTERVAL_MONTH_DAY_NANO:
      return Kind::text;
    case Type::DATE32:
    case Type::DATE64:
    case Type::TIMESTAMP:
      return Kind::time;
    case Type::DICTIONARY:
      return kind_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return Kind::other;
  }
}

// Calls value(array, i) for every row of every chunk and stores the results.
template <typename ArrayType, typename Out, typename Value>
std::span<const Out> convert(const Job& job, Value&& value) {
  const auto out = allocate<Out>(job.reading.pool, job.maker, job.rows());
  std::size_t at = 0;
  for (const auto& chunk : job.data.chunks()) {
    const auto& array = static_cast<const ArrayType&>(*chunk);
    for (std::int64_t i = 0; i < array.length(); ++i) out[at++] = value(array, i);
  }
  return out;
}

// The values themselves where they lie, when they are in one piece and of our width.
template <typename ArrowType>
std::span<const typename ArrowType::c_type> as_they_are(const Job& job) {
  using ArrayType = typename arrow::TypeTraits<ArrowType>::ArrayType;
  using Value = typename ArrowType::c_type;
  if (job.data.num_chunks() == 1) {
    auto array = std::static_pointer_cast<ArrayType>(job.data.chunk(0));
    const std::span view(array->raw_values(), job.rows());
    job.maker.keep(with_pool(job.reading.pool, std::move(array)));
    return view;
  }
  return convert<ArrayType, Value>(job, [](const ArrayType& array, std::int64_t i) { return array.Value(i); });
}

template <typename ArrowType>
void widen(const Job& job) {
  using ArrayType = typename arrow::TypeTraits<ArrowType>::ArrayType;
  job.maker.integers(convert<ArrayType, std::int64_t>(
      job, [](const ArrayType& array, std::int64_t i) { return static_cast<std::int64_t>(array.Value(i)); }));
}

void integers(const Job& job) {
  using arrow::Type;
  switch (job.data.type()->id()) {
    case Type::INT8:
      return widen<arrow::Int8Type>(job);
    case Type::INT16:
      return widen<arrow::Int16Type>(job);
    case Type::INT32:
      return widen<arrow::Int32Type>(job);
    case Type::UINT8:
      return widen<arrow::UInt8Type>(job);
    case Type::UINT16:
      return widen<arrow::UInt16Type>(job);
    case Type::UINT32:
      return widen<arrow::UInt32Type>(job);
    case Type::UINT64:
      return widen<arrow::UInt64Type>(job);
    default:
      return job.maker.integers(as_they_are<arrow::Int64Type>(job));
  }
}

template <typename ArrowType>
void decimals(const Job& job) {
  using ArrayType = typename arrow::TypeTraits<ArrowType>::ArrayType;
  using Value = typename arrow::TypeTraits<ArrowType>::CType;
  const auto scale = static_cast<const ArrowType&>(*job.data.type()).scale();
  job.maker.reals(convert<ArrayType, double>(job, [&](const ArrayType& array, std::int64_t i) {
    return array.IsNull(i) ? 0.0 : Value(array.GetValue(i)).ToDouble(scale);
  }));
}

void reals(const Job& job) {
  using arrow::Type;
  switch (job.data.type()->id()) {
    case Type::DECIMAL32:
      return decimals<arrow::Decimal32Type>(job);
    case Type::DECIMAL64:
      return decimals<arrow::Decimal64Type>(job);
    case Type::DECIMAL128:
      return decimals<arrow::Decimal128Type>(job);
    case Type::DECIMAL256:
      return decimals<arrow::Decimal256Type>(job);
    case Type::HALF_FLOAT:
      return job.maker.reals(
          convert<arrow::HalfFloatArray, double>(job, [](const arrow::HalfFloatArray& array, std::int64_t i) {
            return arrow::util::Float16::FromBits(array.Value(i)).ToDouble();
          }));
    case Type::FLOAT:
      return job.maker.reals(convert<arrow::FloatArray, double>(
          job, [](const arrow::FloatArray& array, std::int64_t i) { return static_cast<double>(array.Value(i)); }));
    case Type::UINT64:
      return job.maker.reals(convert<arrow::UInt64Array, double>(
          job, [](const arrow::UInt64Array& array, std::int64_t i) { return static_cast<double>(array.Value(i)); }));
    default:
      return job.maker.reals(as_they_are<arrow::DoubleType>(job));
  }
}

void booleans(const Job& job) {
  job.maker.booleans(convert<arrow::BooleanArray, std::uint8_t>(
      job, [](const arrow::BooleanArray& array, std::int64_t i) { return static_cast<std::uint8_t>(array.Value(i)); }));
}

std::int64_t scaled(std::int64_t value, std::int64_t factor, const std::string& column) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(value, factor, &out))
    throw input_error("column \"" + column + "\" holds a time outside the years that 64 bits of microseconds can tell");
  return out;
}

template <typename ArrayType>
void times_of(const Job& job, std::int64_t factor, std::int64_t divisor, const std::string& name) {
  job.maker.integers(convert<ArrayType, std::int64_t>(job, [&](const ArrayType& array, std::int64_t i) -> std::int64_t {
    if (array.IsNull(i)) return 0;
    const auto value = static_cast<std::int64_t>(array.Value(i));
    if (divisor == 1) return scaled(value, factor, name);
    return value / divisor - (value % divisor < 0 ? 1 : 0);
  }));
}

void times(const Job& job, const std::string& name) {
  const auto& type = *job.data.type();
  if (type.id() == arrow::Type::DATE32) return times_of<arrow::Date32Array>(job, 86'400'000'000, 1, name);
  if (type.id() == arrow::Type::DATE64) return times_of<arrow::Date64Array>(job, 1'000, 1, name);
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND:
      return times_of<arrow::TimestampArray>(job, 1'000'000, 1, name);
    case arrow::TimeUnit::MILLI:
      return times_of<arrow::TimestampArray>(job, 1'000, 1, name);
    case arrow::TimeUnit::MICRO:
      return times_of<arrow::TimestampArray>(job, 1, 1, name);
    case arrow::TimeUnit::NANO:
      return times_of<arrow::TimestampArray>(job, 1, 1'000, name);
  }
}

// Collects codes, then copies the distinct texts into one piece, so that no array has to stay.
class TextWriter {
 public:
  explicit TextWriter(const Job& job)
      : job_(job), codes_(allocate<std::uint32_t>(job.reading.pool, job.maker, job.rows())) {}
  std::uint32_t code(std::string_view text) {
    if (text.size() > job_.reading.options.limits.cell)
      throw input_error("\"" + job_.reading.source.name() + "\" holds a text of " + show_size(text.size()) + "; " +
                        show_size(job_.reading.options.limits.cell) + " are allowed");
    return encoder_.code(text);
  }
  void put(std::uint32_t code) { codes_[at_++] = code; }
  // For texts that exist only while they are converted.
  std::uint32_t code_of_temporary(std::string text) { return code(temporaries_.emplace_back(std::move(text))); }
  void finish() {
    auto views = encoder_.take();
    std::size_t bytes = 0;
    for (const auto& view : views) bytes += view.size();
    auto blob = std::make_shared<std::string>();
    blob->reserve(bytes);
    for (auto& view : views) {
      const std::size_t start = blob->size();
      blob->append(view);
      view = std::string_view(blob->data() + start, view.size());
    }
    if (views.empty()) views.emplace_back();
    job_.maker.keep(std::shared_ptr<const void>(blob, blob.get()));
    job_.maker.texts(codes_, job_.maker.keep(std::move(views)));
  }

 private:
  const Job& job_;
  std::span<std::uint32_t> codes_;
  std::size_t at_ = 0;
  DictionaryEncoder encoder_;
  std::deque<std::string> temporaries_;
};

template <typename ArrayType>
void put_texts(TextWriter& writer, const arrow::Array& chunk) {
  const auto& array = static_cast<const ArrayType&>(chunk);
  for (std::int64_t i = 0; i < array.length(); ++i) writer.put(array.IsNull(i) ? 0 : writer.code(array.GetView(i)));
}

void put_plain(TextWriter& writer, const arrow::Array& chunk) {
  using arrow::Type;
  switch (chunk.type_id()) {
    case Type::STRING:
    case Type::BINARY:
      return put_texts<arrow::BinaryArray>(writer, chunk);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return put_texts<arrow::LargeBinaryArray>(writer, chunk);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return put_texts<arrow::BinaryViewArray>(writer, chunk);
    case Type::FIXED_SIZE_BINARY:
      return put_texts<arrow::FixedSizeBinaryArray>(writer, chunk);
    default:
      for (std::int64_t i = 0; i < chunk.length(); ++i)
        writer.put(chunk.IsNull(i) ? 0 : writer.code_of_temporary(need(chunk.GetScalar(i))->ToString()));
  }
}

// Collects the codes of a dictionary's own entries by running it through a writer of one row each.
class EntryCodes {
 public:
  EntryCodes(TextWriter& writer, const arrow::Array& dictionary) {
    for (std::int64_t i = 0; i < dictionary.length(); ++i) {
      const bool null = dictionary.IsNull(i);
      codes_.push_back(null ? k_null : entry(writer, dictionary, i));
      has_null_ |= null;
    }
  }
  static constexpr std::uint32_t k_null = 0xffffffff;
  [[nodiscard]] std::uint32_t operator[](std::int64_t index) const { return codes_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] bool has_null() const { return has_null_; }

 private:
  static std::uint32_t entry(TextWriter& writer, const arrow::Array& dictionary, std::int64_t i) {
    using arrow::Type;
    switch (dictionary.type_id()) {
      case Type::STRING:
      case Type::BINARY:
        return writer.code(static_cast<const arrow::BinaryArray&>(dictionary).GetView(i));
      case Type::LARGE_STRING:
      case Type::LARGE_BINARY:
        return writer.code(static_cast<const arrow::LargeBinaryArray&>(dictionary).GetView(i));
      default:
        return writer.code_of_temporary(need(dictionary.GetScalar(i))->ToString());
    }
  }
  std::vector<std::uint32_t> codes_;
  bool has_null_ = false;
};

void put_dictionary(TextWriter& writer, const arrow::DictionaryArray& array) {
  const EntryCodes entries(writer, *array.dictionary());
  if (entries.has_null()) throw StatusError(arrow::Status::Invalid("a dictionary has a null entry"));
  for (std::int64_t i = 0; i < array.length(); ++i) writer.put(array.IsNull(i) ? 0 : entries[array.GetValueIndex(i)]);
}

void texts(const Job& job) {
  TextWriter writer(job);
  for (const auto& chunk : job.data.chunks()) {
    if (chunk->type_id() == arrow::Type::DICTIONARY)
      put_dictionary(writer, static_cast<const arrow::DictionaryArray&>(*chunk));
    else
      put_plain(writer, *chunk);
  }
  writer.finish();
}

void validity(const Job& job) {
  const auto nulls = static_cast<std::size_t>(job.data.null_count());
  if (nulls == 0) return;
  const auto valid = convert<arrow::Array, std::uint8_t>(
      job, [](const arrow::Array& array, std::int64_t i) { return static_cast<std::uint8_t>(array.IsValid(i)); });
  job.maker.validity(valid, nulls);
}

// uint64 that does not fit becomes real, as every other reader of such columns does.
bool fits(const ChunkedArray& data) {
  if (data.type()->id() != arrow::Type::UINT64) return true;
  for (const auto& chunk : data.chunks()) {
    const auto& array = static_cast<const arrow::UInt64Array&>(*chunk);
    for (std::int64_t i = 0; i < array.length(); ++i)
      if (array.IsValid(i) && array.Value(i) > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return false;
  }
  return true;
}

}  // namespace

std::string type_name(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY ? "dictionary" : type.ToString().substr(0, 200);
}

bool without_values(const arrow::DataType& type) {
  return kind_of(type) == Kind::other && type.id() != arrow::Type::NA;
}

Column other_column(const std::string& name, const std::string& source_type, std::size_t rows) {
  ColumnMaker maker(name, Kind::other, source_type, rows);
  if (source_type != "null") maker.unknown_nulls();
  return maker.take();
}

// Each row's own value, of a dictionary whose entries are no texts.
static std::shared_ptr<ChunkedArray> unpacked(const ChunkedArray& data, const Reading& reading) {
  const auto& type = static_cast<const arrow::DictionaryType&>(*data.type());
  arrow::ArrayVector chunks;
  for (const auto& chunk : data.chunks()) {
    const auto& array = static_cast<const arrow::DictionaryArray&>(*chunk);
    auto builder = need(arrow::MakeBuilder(type.value_type(), reading.pool.get()));
    need(builder->Reserve(array.length()));
    const arrow::ArraySpan entries(*array.dictionary()->data());
    for (std::int64_t i = 0; i < array.length(); ++i)
      need(array.IsNull(i) ? builder->AppendNull() : builder->AppendArraySlice(entries, array.GetValueIndex(i), 1));
    chunks.push_back(need(builder->Finish()));
  }
  return std::make_shared<ChunkedArray>(std::move(chunks), type.value_type());
}

static bool is_packed(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY && kind_of(type) != Kind::text && kind_of(type) != Kind::other;
}

Column to_column(const std::string& name, const std::string& source_type, const ChunkedArray& data,
                 const Reading& reading) {
  need(data.ValidateFull());
  if (is_packed(*data.type())) {
    const auto plain = unpacked(data, reading);
    return to_column(name, type_name(*plain->type()), *plain, reading);
  }
  Kind kind = kind_of(*data.type());
  if (kind == Kind::integer && !fits(data)) kind = Kind::real;
  ColumnMaker maker(name, kind, source_type, static_cast<std::size_t>(data.length()));
  const Job job{maker, data, reading};
  validity(job);
  maker.exact(exact_values(data, reading.pool));
  switch (kind) {
    case Kind::boolean:
      booleans(job);
      break;
    case Kind::integer:
      integers(job);
      break;
    case Kind::real:
      reals(job);
      break;
    case Kind::text:
      texts(job);
      break;
    case Kind::time:
      times(job, name);
      break;
    case Kind::other:
      break;
  }
  return maker.take();
}

}  // namespace mlops::table
