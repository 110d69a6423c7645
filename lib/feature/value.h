// One value of a feature, and the texts of it in JSON.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "feature/types.h"
#include "table/table.h"
#include "web/wire_json.h"

namespace mlops::feature {

struct Value {
  bool null = true;
  std::int64_t integer = 0;  // int32, int64, bool (0 or 1), timestamp (microseconds)
  double real = 0;           // float32, float64
  std::string_view text{};   // string, bytes
};

// A JSON value as the type; whole fractions are integers, numbers as text are refused, bytes are base64, timestamps ISO
// 8601. `kept` owns what is decoded; other texts point into `json`. Throws Error(input) beginning with `place`.
Value value_of(const web::OrderedJson& json, Type type, const std::string& place, std::deque<std::string>& kept);
// A column's value as the type. The column fits it (types.h).
Value value_of(const table::Column& column, Type type, std::size_t row);
// An event time or the like. Throws Error(input) beginning with `place`, for null too.
Micros time_of(const web::OrderedJson& json, const std::string& place);

// As the answers of a feature server have it: floats with the digits of a double, "NaN" and infinities as text, bytes
// in base64, timestamps in whole seconds.
void append_json(std::string& out, Type type, const Value& value);
// As a sealed row has it: nothing is lost.
Json to_json(Type type, const Value& value);
// "2026-01-03T12:00:30Z"; a fraction only where there is one, with 3 or 6 digits.
void append_time(std::string& out, Micros time);
// The value, quoted and cut, for messages.
std::string quoted(const web::OrderedJson& json);

}  // namespace mlops::feature
