#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "schema/duration.h"
#include "schema/schema.h"

namespace mlops::schema {
namespace {

using Ordered = nlohmann::ordered_json;
using table::Kind;

Ordered to_value(const Bound& bound, std::optional<Kind> type) {
  if (std::holds_alternative<Now>(bound)) return "now";
  if (const auto* real = std::get_if<double>(&bound)) return *real;
  const auto whole = std::get<std::int64_t>(bound);
  return type == Kind::time ? Ordered(show_time(whole)) : Ordered(whole);
}

Ordered to_value(const Value& value, std::optional<Kind> type) {
  if (const auto* text = std::get_if<std::string>(&value)) return to_utf8(*text);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return to_value(Bound(std::get<std::int64_t>(value)), type);
}

Ordered range(const std::optional<std::uint64_t>& min, const std::optional<std::uint64_t>& max) {
  Ordered out = Ordered::object();
  if (min) out["min"] = *min;
  if (max) out["max"] = *max;
  return out;
}

Ordered to_value(const ColumnRule& rule) {
  Ordered out = Ordered::object();
  if (rule.type) out["type"] = table::to_text(*rule.type);
  if (rule.optional) out["optional"] = true;
  if (rule.nulls && (*rule.nulls == 0 || *rule.nulls == 1))
    out["nulls"] = static_cast<int>(*rule.nulls);
  else if (rule.nulls)
    out["nulls"] = *rule.nulls;
  if (rule.min) out["min"] = to_value(*rule.min, rule.type);
  if (rule.max) out["max"] = to_value(*rule.max, rule.type);
  if (rule.shortest || rule.longest) out["length"] = range(rule.shortest, rule.longest);
  for (const auto& value : rule.values) out["values"].push_back(to_value(value, rule.type));
  if (!rule.pattern.empty()) out["pattern"] = rule.pattern;
  if (rule.unique) out["unique"] = true;
  if (rule.fresh) out["fresh"] = show_duration_exactly(*rule.fresh);
  return out;
}

Ordered to_value(const RowCheck& check) {
  if (check.name.empty() && !check.when) return check.check.text();
  Ordered out = Ordered::object();
  if (!check.name.empty()) out["name"] = check.name;
  out["check"] = check.check.text();
  if (check.when) out["when"] = check.when->text();
  return out;
}

// yaml_value of one level with its keys in their order.
std::string flow(const Ordered& value) {
  if (!value.is_object()) return yaml_value(Json(value));
  std::vector<std::string> parts;
  for (const auto& [key, member] : value.items()) parts.push_back(yaml_value(key) + ": " + flow(member));
  return "{" + join(parts, ", ") + "}";
}

std::string list(const std::vector<std::string>& texts) {
  return texts.size() == 1 ? yaml_value(texts.front()) : yaml_value(Json(texts));
}

}  // namespace

std::string to_yaml(const Schema& schema, const std::string& heading) {
  std::string out;
  if (!heading.empty())
    for (const auto& line : split(heading, '\n')) out += "# " + printable(line) + "\n";
  out += "schema: 1\n";
  if (!schema.data.empty()) out += "data: " + list(schema.data) + "\n";
  if (schema.min_rows || schema.max_rows) out += "rows: " + flow(range(schema.min_rows, schema.max_rows)) + "\n";
  if (schema.others) out += "others: true\n";
  if (schema.ordered) out += "ordered: true\n";
  if (!schema.columns.empty()) out += "columns:\n";
  for (const auto& rule : schema.columns)
    out += "  " + yaml_value(to_utf8(rule.name)) + ": " + flow(to_value(rule)) + "\n";
  if (!schema.key.empty()) out += "key: " + list(schema.key) + "\n";
  if (!schema.checks.empty()) out += "checks:\n";
  for (const auto& check : schema.checks) out += "  - " + flow(to_value(check)) + "\n";
  return out;
}

Json to_json(const Schema& schema) {
  Json out{{"schema", 1},       {"data", schema.data},      {"others", schema.others}, {"ordered", schema.ordered},
           {"key", schema.key}, {"columns", Json::array()}, {"checks", Json::array()}};
  out["rows"] = Json(range(schema.min_rows, schema.max_rows));
  for (const auto& rule : schema.columns) {
    Json column = Json(to_value(rule));
    column["name"] = to_utf8(rule.name);
    out["columns"].push_back(std::move(column));
  }
  for (const auto& check : schema.checks) {
    Json one{{"check", check.check.text()}};
    if (!check.name.empty()) one["name"] = check.name;
    if (check.when) one["when"] = check.when->text();
    out["checks"].push_back(std::move(one));
  }
  return out;
}

}  // namespace mlops::schema
