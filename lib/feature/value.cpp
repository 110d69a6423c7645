#include "feature/value.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "feature/base64.h"

namespace mlops::feature {
namespace {

using web::OrderedJson;

[[noreturn]] void wrong(const std::string& place, const OrderedJson& json, const std::string& what) {
  throw input_error(fmt::format("{}: {} {}", place, quoted(json), what));
}

std::int64_t integer_of(const OrderedJson& json, Type type, const std::string& place) {
  const auto out_of_range = [&] { wrong(place, json, fmt::format("is out of range for {}", to_text(type))); };
  std::int64_t value = 0;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX) out_of_range();
  if (json.is_number_integer()) {
    value = json.get<std::int64_t>();
  } else if (json.is_number_float()) {
    const double real = json.get<double>();
    if (std::isnan(real) || (std::isfinite(real) && std::trunc(real) != real))
      wrong(place, json, fmt::format("is no {}", to_text(type)));
    if (!(std::abs(real) < 0x1p63)) out_of_range();
    value = static_cast<std::int64_t>(real);
  } else {
    wrong(place, json, fmt::format("is no {}", to_text(type)));
  }
  if (type == Type::int32 && (value < INT32_MIN || value > INT32_MAX)) out_of_range();
  return value;
}

double real_of(const OrderedJson& json, Type type, const std::string& place) {
  double value = 0;
  if (json.is_number()) {
    value = json.get<double>();
  } else if (json.is_string() && json.get_ref<const std::string&>() == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (json.is_string() && json.get_ref<const std::string&>() == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (json.is_string() && json.get_ref<const std::string&>() == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
  } else {
    wrong(place, json, fmt::format("is no {}", to_text(type)));
  }
  return type == Type::float32 ? static_cast<double>(static_cast<float>(value)) : value;
}

std::string_view text_of(const OrderedJson& json, Type type, const std::string& place, std::deque<std::string>& kept) {
  if (!json.is_string()) wrong(place, json, fmt::format("is no {}", type == Type::bytes ? "base64 text" : "text"));
  const auto& text = json.get_ref<const std::string&>();
  if (type == Type::string) return text;
  auto bytes = from_base64(text);
  if (!bytes) wrong(place, json, "is no base64 text");
  return kept.emplace_back(std::move(*bytes));
}

}  // namespace

std::string quoted(const OrderedJson& json) {
  std::string text = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (text.size() > 60) text = to_utf8(text.substr(0, 60)) + "…";
  return printable(text);
}

Micros time_of(const OrderedJson& json, const std::string& place) {
  if (json.is_null()) throw input_error(place + ": the time is null");
  const auto time = json.is_string() ? parse_time(json.get_ref<const std::string&>()) : std::nullopt;
  if (!time) wrong(place, json, "is no time: write 2026-01-03T12:00:30Z");
  return *time;
}

Value value_of(const OrderedJson& json, Type type, const std::string& place, std::deque<std::string>& kept) {
  Value out;
  if (json.is_null()) return out;
  out.null = false;
  switch (type) {
    case Type::int32:
    case Type::int64:
      out.integer = integer_of(json, type, place);
      break;
    case Type::float32:
    case Type::float64:
      out.real = real_of(json, type, place);
      break;
    case Type::boolean:
      if (!json.is_boolean()) wrong(place, json, "is no bool");
      out.integer = json.get<bool>() ? 1 : 0;
      break;
    case Type::timestamp:
      out.integer = time_of(json, place);
      break;
    case Type::string:
    case Type::bytes:
      out.text = text_of(json, type, place, kept);
      break;
  }
  return out;
}

Value value_of(const table::Column& column, Type type, std::size_t row) {
  Value out;
  if (!column.valid(row) || column.kind == table::Kind::other) return out;
  out.null = false;
  switch (column.kind) {
    case table::Kind::boolean:
      out.integer = column.booleans()[row];
      break;
    case table::Kind::integer:
      out.integer = column.integers()[row];
      out.real = static_cast<double>(out.integer);
      break;
    case table::Kind::time:
      out.integer = column.times()[row];
      break;
    case table::Kind::real:
      out.real = column.reals()[row];
      break;
    default:
      out.text = column.text(row);
  }
  if (type == Type::float32) out.real = static_cast<double>(static_cast<float>(out.real));
  return out;
}

void append_json(std::string& out, Type type, const Value& value) {
  if (value.null) {
    out += "null";
    return;
  }
  switch (type) {
    case Type::int32:
    case Type::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.integer);
      break;
    case Type::float32:
    case Type::float64:
      if (!std::isfinite(value.real)) out.push_back('"');
      web::append_number(out, value.real);
      if (!std::isfinite(value.real)) out.push_back('"');
      break;
    case Type::boolean:
      out += value.integer != 0 ? "true" : "false";
      break;
    case Type::timestamp:  // towards the past: the second that the time lies in
      fmt::format_to(std::back_inserter(out), "{}",
                     value.integer / 1'000'000 - (value.integer % 1'000'000 < 0 ? 1 : 0));
      break;
    case Type::string:
      web::append_text(out, value.text);
      break;
    case Type::bytes:
      out += '"' + to_base64(value.text) + '"';
      break;
  }
}

Json to_json(Type type, const Value& value) {
  if (value.null) return nullptr;
  switch (type) {
    case Type::float32:
    case Type::float64:
      return value.real;
    case Type::boolean:
      return value.integer != 0;
    case Type::timestamp:
      return to_utc(value.integer);
    case Type::string:
      return std::string(value.text);
    case Type::bytes:
      return to_base64(value.text);
    default:
      return value.integer;
  }
}

void append_time(std::string& out, Micros time) {
  std::string text = to_utc(time);  // …:30.250000Z
  const std::string_view fraction = std::string_view(text).substr(text.size() - 7, 6);
  if (fraction == "000000")
    text.erase(text.size() - 8, 7);
  else if (fraction.ends_with("000"))
    text.erase(text.size() - 4, 3);
  out += text;
}

}  // namespace mlops::feature
