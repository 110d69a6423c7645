#include "exact.h"

#include <arrow/array.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/time.h"

namespace mlops::table {
namespace {

template <typename ArrayType>
class Exact : public ExactValues {
 public:
  Exact(const arrow::ChunkedArray& data, std::shared_ptr<LimitedPool> pool)
      : pool_(std::move(pool)), chunks_(data.chunks()) {
    std::size_t rows = 0;
    for (const auto& chunk : chunks_) ends_.push_back(rows += static_cast<std::size_t>(chunk->length()));
  }
  [[nodiscard]] std::string text(std::size_t row) const override {
    const auto [array, i] = place(row);
    return text_of(*array, i);
  }
  [[nodiscard]] Words words(std::size_t row) const override {
    const auto [array, i] = place(row);
    return words_of(*array, i);
  }

 private:
  [[nodiscard]] std::pair<const ArrayType*, std::int64_t> place(std::size_t row) const {
    const auto chunk = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), row) - ends_.begin());
    const auto first = chunk == 0 ? 0 : ends_[chunk - 1];
    return {static_cast<const ArrayType*>(chunks_[chunk].get()), static_cast<std::int64_t>(row - first)};
  }

  static std::string text_of(const arrow::UInt64Array& array, std::int64_t i) { return std::to_string(array.Value(i)); }
  static std::string text_of(const arrow::TimestampArray& array, std::int64_t i) {
    const auto nanos = array.Value(i);
    auto micros = nanos / 1000, rest = nanos % 1000;
    if (rest < 0) --micros, rest += 1000;
    std::string out = to_utc(micros);
    if (rest != 0) out.insert(out.size() - 1, fmt::format("{:03}", rest));  // before the Z
    return out;
  }
  // Decimals without the zeros at their end.
  template <typename Decimals>
  static std::string text_of(const Decimals& array, std::int64_t i) {
    std::string out = array.FormatValue(i);
    if (out.find('.') == std::string::npos || out.find_first_of("eE") != std::string::npos) return out;
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
  }

  static Words words_of(const arrow::UInt64Array& array, std::int64_t i) { return {array.Value(i)}; }
  static Words words_of(const arrow::TimestampArray& array, std::int64_t i) {
    return {static_cast<std::uint64_t>(array.Value(i))};
  }
  template <typename Decimals>
  static Words words_of(const Decimals& array, std::int64_t i) {
    Words out{};
    const auto bytes = array.GetView(i);
    std::memcpy(out.data(), bytes.data(), std::min(bytes.size(), sizeof out));
    return out;
  }

  std::shared_ptr<LimitedPool> pool_;  // goes last: the arrays are its own
  arrow::ArrayVector chunks_;
  std::vector<std::size_t> ends_;
};

template <typename ArrayType>
std::shared_ptr<const ExactValues> make(const arrow::ChunkedArray& data, const std::shared_ptr<LimitedPool>& pool) {
  return std::make_shared<const Exact<ArrayType>>(data, pool);
}

}  // namespace

std::shared_ptr<const ExactValues> exact_values(const arrow::ChunkedArray& data,
                                                const std::shared_ptr<LimitedPool>& pool) {
  constexpr int k_double_digits = 15;
  using arrow::Type;
  const auto& type = *data.type();
  if (arrow::is_decimal(type.id()) && static_cast<const arrow::DecimalType&>(type).precision() <= k_double_digits)
    return nullptr;
  switch (type.id()) {
    case Type::UINT64:
      return make<arrow::UInt64Array>(data, pool);
    case Type::DECIMAL64:
      return make<arrow::Decimal64Array>(data, pool);
    case Type::DECIMAL128:
      return make<arrow::Decimal128Array>(data, pool);
    case Type::DECIMAL256:
      return make<arrow::Decimal256Array>(data, pool);
    case Type::TIMESTAMP:
      if (static_cast<const arrow::TimestampType&>(type).unit() != arrow::TimeUnit::NANO) return nullptr;
      return make<arrow::TimestampArray>(data, pool);
    default:
      return nullptr;
  }
}

}  // namespace mlops::table
