#include "feature/online_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

using web::OrderedJson;

constexpr std::string_view k_no_time = "\"1970-01-01T00:00:00Z\"";

// The position of the key that a column stands for: by its own name, else by an entity's.
std::optional<std::size_t> key_of(const std::string& column, const Lookup& lookup) {
  const auto& keys = lookup.keys();
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].name == column) return i;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (std::find(keys[i].entities.begin(), keys[i].entities.end(), column) != keys[i].entities.end()) return i;
  return std::nullopt;
}

void read_column(const std::string& name, const OrderedJson& values, const NeededKey& key,
                 std::vector<std::string>& parts) {
  const std::string column = fmt::format("column \"{}\"", printable(name));
  parts.reserve(values.size());
  for (const auto& value : values) {
    try {
      parts.push_back(key_part(value, key.type, true, column));
    } catch (const Error& error) {
      throw input_error(fmt::format("row {}, {}", parts.size() + 1, error.message()));
    }
  }
}

// One entry of "results", row by row.
struct Result {
  std::string values, statuses, times;
};

// A view's features have one event time: its text is made once.
class TimeText {
 public:
  const std::string& of(Micros time) {
    if (!text_.empty() && time == time_) return text_;
    time_ = time;
    text_ = '"';
    append_time(text_, time);
    return text_ += '"';
  }

 private:
  Micros time_ = 0;
  std::string text_;
};

void append_found(Result& out, Type type, const Found& found, TimeText& times) {
  const char* comma = out.values.empty() ? "" : ",";
  out.values += comma;
  append_json(out.values, type, found.value);
  out.statuses += comma;
  out.statuses += '"';
  out.statuses += to_text(found.status);
  out.statuses += '"';
  out.times += comma;
  if (found.status == Status::not_found) {
    out.times += k_no_time;
    return;
  }
  out.times += times.of(found.event);
}

void append_key(Result& out, std::string_view part) {
  const char* comma = out.values.empty() ? "" : ",";
  out.values += comma;
  append_key_json(out.values, part);
  out.statuses += comma;
  out.statuses += "\"PRESENT\"";
  out.times += comma;
  out.times += k_no_time;
}

void append_metadata(std::string& out, const Lookup& lookup, const Entities& entities, bool with_versions) {
  out += "],\"metadata\":{\"feature_names\":[";
  bool first = true;
  const auto name = [&](const std::string& text) {
    if (!std::exchange(first, false)) out.push_back(',');
    web::append_text(out, text);
  };
  for (const auto key : entities.order) name(lookup.keys()[key].name);
  for (const auto& feature : lookup.names()) name(feature);
  out.push_back(']');
  if (with_versions) {
    Json list = Json::array();
    for (const auto& [view, version] : lookup.views()) list.push_back({{"name", view}, {"version", version}});
    out += ",\"feature_view_metadata\":" + list.dump();
  }
  out += "}}";
}

}  // namespace

Entities read_entities(const OrderedJson& columns, const Lookup& lookup) {
  Entities out;
  out.rows.parts.resize(lookup.keys().size());
  std::string first;
  for (const auto& [name, values] : columns.items()) {
    if (first.empty()) out.rows.rows = values.size();
    if (!first.empty() && values.size() != out.rows.rows)
      throw input_error(fmt::format("the column \"{}\" has {} values, \"{}\" has {}", printable(name), values.size(),
                                    printable(first), out.rows.rows));
    if (first.empty()) first = name;
    const auto key = key_of(name, lookup);
    if (!key) continue;
    if (std::find(out.order.begin(), out.order.end(), *key) != out.order.end())
      throw input_error(fmt::format("the join key \"{}\" is there twice", lookup.keys()[*key].name));
    out.order.push_back(*key);
    read_column(name, values, lookup.keys()[*key], out.rows.parts[*key]);
  }
  if (columns.empty()) throw input_error("no entity column is there to tell how many rows are asked for");
  for (std::size_t i = 0; i < lookup.keys().size(); ++i)
    if (std::find(out.order.begin(), out.order.end(), i) == out.order.end())
      throw input_error(fmt::format("the join key \"{}\" is missing", lookup.keys()[i].name));
  return out;
}

std::string answer_json(const Lookup& lookup, const Entities& entities, OnlineStore* store, Micros now,
                        bool with_versions) {
  std::vector<Result> keys(entities.order.size()), features(lookup.names().size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (const auto& part : entities.rows.parts[entities.order[i]]) append_key(keys[i], part);
  const auto snapshot = store == nullptr ? nullptr : store->read();
  TimeText times;
  lookup.run(snapshot.get(), entities.rows, now, [&](std::size_t, std::span<const Found> found) {
    for (std::size_t i = 0; i < found.size(); ++i)
      append_found(features[i], lookup.features()[i].type, found[i], times);
  });
  std::string out = "{\"results\":[";
  const auto add = [&](const Result& result) {
    if (out.back() == '}') out.push_back(',');
    out += "{\"values\":[" + result.values + "],\"statuses\":[" + result.statuses + "],\"event_timestamps\":[" +
           result.times + "]}";
  };
  for (const auto& result : keys) add(result);
  for (const auto& result : features) add(result);
  append_metadata(out, lookup, entities, with_versions);
  return out;
}

}  // namespace mlops::feature
