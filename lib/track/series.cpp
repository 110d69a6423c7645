#include "track/series.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/json.h"
#include "track/fields.h"

namespace mlops::track {
namespace {

constexpr std::size_t k_portion = 10'000;

double value_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nan("");
}

meta::Point point_of_line(std::string_view line) {
  const Json value = parse_json(line, "a metric series");
  return {text_or(value, "key"), value_of(value.value("value", Json())), integer_or(value, "time"),
          integer_or(value, "step")};
}

}  // namespace

void append_point(std::string& out, const meta::Point& point) {
  out += "{\"key\":";
  append_text(out, point.key);
  out += ",\"value\":";
  append_number(out, point.value);
  fmt::format_to(std::back_inserter(out), ",\"timestamp\":{},\"step\":{}}}", point.time, point.step);
}

void append_line(web::IncomingBody& out, const meta::Point& point) {
  std::string line = "{\"key\":";
  append_text(line, point.key);
  line += fmt::format(",\"step\":{},\"time\":{},\"value\":", point.step, point.time);
  if (std::isinf(point.value))
    line += point.value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  else
    append_number(line, point.value);
  out.append(line + "}\n");
}

void read_series(const store::Store& store, const std::string& file,
                 const std::function<void(std::span<const meta::Point>)>& take) {
  const auto id = Id::from_hex(file);
  if (!id) throw state_error("the name of a metric series is malformed");
  std::vector<meta::Point> points;
  std::string rest;
  store.read_file(*id, [&](std::span<const std::byte> bytes) {
    rest.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t from = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', from)) {
      points.push_back(point_of_line(std::string_view(rest).substr(from, end - from)));
      from = end + 1;
    }
    rest.erase(0, from);
    if (points.size() >= k_portion) take(std::exchange(points, {}));
  });
  if (!points.empty()) take(points);
}

}  // namespace mlops::track
