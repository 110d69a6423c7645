#include "serve/traffic_table.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "base/text.h"
#include "serve/traffic_frames.h"

namespace mlops::serve {
namespace {

constexpr std::size_t k_widest = 1024;

double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = exponent == 0    ? std::ldexp(fraction, -24)
                 : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                                  : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

table::Kind kind_of(DataType type) {
  switch (type) {
    case DataType::BOOL:
      return table::Kind::boolean;
    case DataType::BYTES:
      return table::Kind::text;
    case DataType::FP16:
    case DataType::BF16:
    case DataType::FP32:
    case DataType::FP64:
      return table::Kind::real;
    default:
      return table::Kind::integer;
  }
}

double real_at(const Tensor& tensor, std::size_t i) {
  switch (tensor.type) {
    case DataType::FP32:
      return static_cast<double>(tensor.data<float>()[i]);
    case DataType::FP64:
      return tensor.data<double>()[i];
    case DataType::FP16:
      return from_half(tensor.data<std::uint16_t>()[i]);
    default:
      return static_cast<double>(
          std::bit_cast<float>(static_cast<std::uint32_t>(tensor.data<std::uint16_t>()[i]) << 16));
  }
}

// A uint64 above INT64_MAX is left out, as a null, rather than logged as another number.
bool integer_at(const Tensor& tensor, std::size_t i, std::int64_t& out) {
  switch (tensor.type) {
    case DataType::UINT8:
      out = tensor.data<std::uint8_t>()[i];
      break;
    case DataType::UINT16:
      out = tensor.data<std::uint16_t>()[i];
      break;
    case DataType::UINT32:
      out = tensor.data<std::uint32_t>()[i];
      break;
    case DataType::INT8:
      out = tensor.data<std::int8_t>()[i];
      break;
    case DataType::INT16:
      out = tensor.data<std::int16_t>()[i];
      break;
    case DataType::INT32:
      out = tensor.data<std::int32_t>()[i];
      break;
    default:
      out = tensor.data<std::int64_t>()[i];
  }
  return tensor.type != DataType::UINT64 || out >= 0;
}

std::vector<std::string> names_of(const Model& model, const TensorInfo& info, std::size_t width) {
  auto names = model.columns(info);
  if (names.size() == width) return names;
  names.clear();
  for (std::size_t i = 0; i < width; ++i) names.push_back(fmt::format("{}_{}", info.name, i));
  return names;
}

}  // namespace

TrafficTable::Values& TrafficTable::column(const std::string& name, DataType type) {
  const auto [found, made] = columns_.try_emplace(name);
  if (made) {
    found->second.kind = kind_of(type);
    order_.push_back(name);
  }
  Values& values = found->second;
  values.valid.resize(rows_, 0);  // nulls for the rows so far
  values.booleans.resize(values.kind == table::Kind::boolean ? rows_ : 0);
  values.integers.resize(values.kind == table::Kind::integer ? rows_ : 0);
  values.reals.resize(values.kind == table::Kind::real ? rows_ : 0);
  values.texts.resize(values.kind == table::Kind::text ? rows_ : 0);
  return values;
}

void TrafficTable::add_tensor(const Model& model, const TensorInfo& info, const Tensor& tensor, const char* side,
                              std::size_t rows) {
  const std::uint64_t count = element_count(tensor.shape);
  if (tensor.bytes.empty() && tensor.texts.empty()) return;  // left out, or no rows
  if (rows == 0 || count % rows != 0 || count / rows > k_widest) return;
  const std::size_t width = count / rows;
  const auto names = names_of(model, info, width);
  for (std::size_t c = 0; c < width; ++c) {
    Values& values = column(side + names[c], tensor.type);
    if (values.kind != kind_of(tensor.type) || values.valid.size() != rows_) continue;  // two outputs of one name
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = row * width + c;
      std::int64_t integer = 0;
      bool valid = true;
      switch (values.kind) {
        case table::Kind::boolean:
          values.booleans.push_back(static_cast<std::uint8_t>(tensor.bytes[at]));
          break;
        case table::Kind::text:
          values.texts.push_back(to_utf8(tensor.texts[at]));
          break;
        case table::Kind::real:
          values.reals.push_back(real_at(tensor, at));
          break;
        default:
          valid = integer_at(tensor, at, integer);
          values.integers.push_back(valid ? integer : 0);
      }
      values.valid.push_back(valid ? 1 : 0);
    }
  }
}

void TrafficTable::add(const Call& call) {
  const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(rows_of(call), 0));
  const Model& model = *call.model;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    add_tensor(model, model.interface.inputs[i], call.inputs[i], "in.", rows);
  for (std::size_t i = 0; i < call.outputs.size(); ++i)
    add_tensor(model, model.interface.outputs[call.output_indexes[i]], call.outputs[i], "out.", rows);
  for (std::size_t row = 0; row < rows; ++row) {
    ids_.push_back(call.request_id);
    versions_.push_back(model.record ? model.record->hex() : "");
    row_.push_back(static_cast<std::int64_t>(row));
    time_.push_back(call.time);
    latency_.push_back(call.latency);
    status_.push_back(call.status);
  }
  first_ = rows_ == 0 ? call.time : std::min(first_, call.time);
  last_ = std::max(last_, call.time);
  rows_ += rows;
}

table::Column TrafficTable::make(const std::string& name, Values values, std::size_t rows) {
  values.valid.resize(rows, 0);
  if (values.kind == table::Kind::boolean) {
    values.booleans.resize(rows);
    return table::make_booleans(name, std::move(values.booleans), std::move(values.valid));
  }
  if (values.kind == table::Kind::integer) {
    values.integers.resize(rows);
    return table::make_integers(name, std::move(values.integers), std::move(values.valid));
  }
  if (values.kind == table::Kind::text) {
    values.texts.resize(rows);
    return table::make_texts(name, values.texts, std::move(values.valid));
  }
  values.reals.resize(rows);
  return table::make_reals(name, std::move(values.reals), std::move(values.valid));
}

table::Table TrafficTable::finish() {
  table::Table out;
  out.rows = rows_;
  out.columns.push_back(table::make_texts("request_id", ids_));
  out.columns.push_back(table::make_integers("row", std::move(row_)));
  out.columns.push_back(table::make_times("time", std::move(time_)));
  out.columns.push_back(table::make_texts("version_id", versions_));
  out.columns.push_back(table::make_integers("latency_us", std::move(latency_)));
  out.columns.push_back(table::make_integers("status", std::move(status_)));
  for (const auto& name : order_) out.columns.push_back(make(name, std::move(columns_[name]), rows_));
  *this = TrafficTable();
  return out;
}

namespace {

// What a column becomes where tables differ: numbers meet as reals, everything else as text.
table::Kind common(table::Kind a, table::Kind b) {
  if (a == b) return a;
  const bool numbers =
      (a == table::Kind::integer || a == table::Kind::real) && (b == table::Kind::integer || b == table::Kind::real);
  return numbers ? table::Kind::real : table::Kind::text;
}

bool before(const table::Table& table, std::size_t row, Micros since) {
  const table::Column* time = since > 0 ? table.find("time") : nullptr;
  return time != nullptr && time->kind == table::Kind::time && time->times()[row] < since;
}

table::Column joined(const std::string& name, table::Kind kind, const std::vector<table::Table>& tables, Micros since) {
  std::vector<std::uint8_t> booleans, valid;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string> texts;
  for (const auto& table : tables) {
    const table::Column* column = table.find(name);
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (before(table, row, since)) continue;
      const bool has = column != nullptr && column->valid(row);
      valid.push_back(has ? 1 : 0);
      if (kind == table::Kind::boolean) booleans.push_back(has ? column->booleans()[row] : std::uint8_t{0});
      if (kind == table::Kind::integer) integers.push_back(has ? column->integers()[row] : 0);
      if (kind == table::Kind::time) integers.push_back(has ? column->times()[row] : 0);
      if (kind == table::Kind::real)
        reals.push_back(!has                                   ? 0
                        : column->kind == table::Kind::integer ? static_cast<double>(column->integers()[row])
                                                               : column->reals()[row]);
      if (kind == table::Kind::text) texts.push_back(has ? column->show(row) : "");
    }
  }
  switch (kind) {
    case table::Kind::boolean:
      return table::make_booleans(name, std::move(booleans), std::move(valid));
    case table::Kind::integer:
      return table::make_integers(name, std::move(integers), std::move(valid));
    case table::Kind::time:
      return table::make_times(name, std::move(integers), std::move(valid));
    case table::Kind::real:
      return table::make_reals(name, std::move(reals), std::move(valid));
    default:
      return table::make_texts(name, texts, std::move(valid));
  }
}

}  // namespace

table::Table concatenate(const std::vector<table::Table>& tables, Micros since) {
  std::vector<std::string> order;
  std::map<std::string, table::Kind> kinds;
  table::Table out;
  for (const auto& table : tables) {
    for (std::size_t row = 0; row < table.rows; ++row) out.rows += before(table, row, since) ? 0 : 1;
    for (const auto& column : table.columns) {
      const auto [found, made] = kinds.try_emplace(column.name, column.kind);
      if (made) order.push_back(column.name);
      found->second = common(found->second, column.kind);
    }
  }
  for (const auto& name : order) out.columns.push_back(joined(name, kinds[name], tables, since));
  return out;
}

}  // namespace mlops::serve
