#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "schema/pattern.h"
#include "schema/schema.h"

namespace mlops::schema {
namespace {

using table::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 5> k_types{{{"boolean", Kind::boolean},
                                                                    {"integer", Kind::integer},
                                                                    {"real", Kind::real},
                                                                    {"text", Kind::text},
                                                                    {"time", Kind::time}}};

// Reads one file: every complaint names its line.
class Reader {
 public:
  Reader(const std::string& text, const std::string& file) : text_(text), file_(file) {}

  Schema read() {
    const YamlNode root = parse_yaml(text_, file_);
    if (!root.is_map()) fail(root, "the file must be a map of keys", "mlops data schema TABLE writes one to edit");
    allow(root, {"schema", "data", "rows", "others", "ordered", "key", "columns", "checks"}, "in a schema");
    out_.file = file_;
    if (const auto* version = root.find("schema"); version != nullptr && version->text != "1")
      fail(*version, "this schema is of version " + printable(version->text) + ", and 1 is known",
           "a newer mlops reads it");
    if (const auto* data = root.find("data"))
      for (const auto* item : one_or_more(*data)) out_.data.push_back(inside(*item));
    if (const auto* rows = root.find("rows")) read_rows(*rows);
    if (const auto* others = root.find("others")) out_.others = truth(*others, "others");
    if (const auto* ordered = root.find("ordered")) out_.ordered = truth(*ordered, "ordered");
    if (const auto* columns = root.find("columns")) read_columns(*columns);
    if (const auto* key = root.find("key"))
      for (const auto* item : one_or_more(*key)) out_.key.push_back(known(*item, text(*item, "key")));
    if (const auto* checks = root.find("checks")) read_checks(*checks);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const YamlNode& node, const std::string& message, const std::string& hint = {}) const {
    throw yaml_error(node, text_, file_, message, hint);
  }
  void allow(const YamlNode& map, const std::vector<std::string>& keys, const std::string& where) const {
    if (!map.is_map()) fail(map, fmt::format("what stands {} must be a map of keys", where));
    for (const auto& [key, value] : map.members) {
      if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
      const std::string near = nearest(key.text, keys);
      fail(key, fmt::format("key \"{}\" has no meaning {}", printable(key.text), where),
           near.empty() ? "allowed: " + join(keys, ", ") : "did you mean \"" + near + "\"?");
    }
  }
  static std::vector<const YamlNode*> one_or_more(const YamlNode& node) {
    std::vector<const YamlNode*> out;
    if (!node.is_sequence()) return {&node};
    for (const auto& item : node.items) out.push_back(&item);
    return out;
  }
  [[nodiscard]] std::string text(const YamlNode& node, const std::string& what) const {
    if (!node.is_scalar() || node.text.empty()) fail(node, fmt::format("\"{}\" must be a text", what));
    return node.text;
  }
  [[nodiscard]] bool truth(const YamlNode& node, const std::string& what) const {
    const Json value = mlops::to_json(node);
    if (!value.is_boolean()) fail(node, fmt::format("\"{}\" must be true or false", what));
    return value.get<bool>();
  }
  [[nodiscard]] std::uint64_t count(const YamlNode& node, const std::string& what) const {
    const Json value = mlops::to_json(node);
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
      fail(node, fmt::format("\"{}\" must be a whole number, at least 0", what));
    return value.get<std::uint64_t>();
  }
  [[nodiscard]] double share(const YamlNode& node) const {
    const Json value = mlops::to_json(node);
    if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() > 1)
      fail(node, "\"nulls\" must be a share from 0 to 1", "nulls: 0.02 allows two of a hundred rows, 0 none");
    return value.get<double>();
  }

  [[nodiscard]] std::string inside(const YamlNode& node) const {
    const std::string path = text(node, "data");
    std::string normal = fs::path(path).lexically_normal().generic_string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    if (path.front() == '/' || normal == ".." || normal.starts_with("../") || path.find("://") != std::string::npos)
      fail(node, fmt::format("\"{}\" is not a path inside the repository", printable(path)),
           "paths are relative to the repository's root; * stands for any part of a name");
    return normal;
  }

  void read_rows(const YamlNode& node) {
    allow(node, {"min", "max"}, "in \"rows\"");
    if (const auto* min = node.find("min")) out_.min_rows = count(*min, "min");
    if (const auto* max = node.find("max")) out_.max_rows = count(*max, "max");
    if (out_.min_rows && out_.max_rows && *out_.min_rows > *out_.max_rows) fail(node, "\"min\" is above \"max\"");
  }

  void read_columns(const YamlNode& node) {
    if (!node.is_map()) fail(node, "\"columns\" must be a map of names", "columns: {age: {type: integer, min: 0}}");
    for (const auto& [name, rule] : node.members) {
      if (name.text.empty() && !name.quoted) fail(name, "a column needs a name", "\"\" names one without");
      out_.columns.push_back(column(name.text, rule));
    }
  }

  [[nodiscard]] ColumnRule column(const std::string& name, const YamlNode& node) const {
    ColumnRule out;
    out.name = name;
    if (node.is_null()) return out;
    if (node.is_scalar()) {  // id: integer
      out.type = type(node);
      return out;
    }
    allow(node, {"type", "optional", "nulls", "min", "max", "length", "values", "pattern", "unique", "fresh"},
          "in a column");
    if (const auto* value = node.find("type")) out.type = type(*value);
    if (const auto* value = node.find("optional")) out.optional = truth(*value, "optional");
    if (const auto* value = node.find("nulls")) out.nulls = share(*value);
    if (const auto* value = node.find("min")) out.min = bound(*value, out, "min");
    if (const auto* value = node.find("max")) out.max = bound(*value, out, "max");
    if (out.min && out.max && above(*out.min, *out.max)) fail(node, "\"min\" is above \"max\"");
    if (const auto* value = node.find("length")) read_length(*value, out);
    if (const auto* value = node.find("values")) read_values(*value, out);
    if (const auto* value = node.find("pattern")) out.pattern = pattern(*value, out);
    if (const auto* value = node.find("unique")) out.unique = truth(*value, "unique");
    if (const auto* value = node.find("fresh")) out.fresh = fresh(*value, out);
    return out;
  }

  // False where one of them is the time of the validation.
  static bool above(const Bound& min, const Bound& max) {
    if (std::holds_alternative<Now>(min) || std::holds_alternative<Now>(max)) return false;
    const auto *a = std::get_if<std::int64_t>(&min), *b = std::get_if<std::int64_t>(&max);
    if (a != nullptr && b != nullptr) return *a > *b;
    const auto number = [](const Bound& bound) {
      const auto* whole = std::get_if<std::int64_t>(&bound);
      return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(bound);
    };
    return number(min) > number(max);
  }

  [[nodiscard]] Kind type(const YamlNode& node) const {
    const std::string name = text(node, "type");
    const auto* found =
        std::find_if(k_types.begin(), k_types.end(), [&](const auto& one) { return one.first == name; });
    if (found != k_types.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [known, kind] : k_types) names.emplace_back(known);
    const std::string near = nearest(name, names);
    fail(node, fmt::format("\"{}\" is no type", printable(name)),
         near.empty() ? "one of: " + join(names, ", ") : "did you mean \"" + near + "\"?");
  }

  // A rule that has a meaning for one type alone.
  void only(const YamlNode& node, const ColumnRule& rule, Kind kind, const std::string& what) const {
    if (rule.type != kind)
      fail(node, fmt::format("\"{}\" has a meaning for columns of type {} only", what, table::to_text(kind)),
           fmt::format("type: {}", table::to_text(kind)));
  }

  [[nodiscard]] Bound bound(const YamlNode& node, const ColumnRule& rule, const std::string& what) const {
    if (rule.type == Kind::time) {
      if (node.is_scalar() && node.text == "now") return Now{};
      return time(node, what);
    }
    if (rule.type && rule.type != Kind::integer && rule.type != Kind::real)
      fail(node, fmt::format("\"{}\" has a meaning for numbers and times only, and {} is {}", what,
                             printable(rule.name), table::to_text(*rule.type)));
    const Json value = mlops::to_json(node);
    if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
      return value.get<std::int64_t>();
    if (!value.is_number() || std::isnan(value.get<double>()))
      fail(node, fmt::format("\"{}\" must be a number", what), rule.type ? "" : "type: time   allows a time");
    return value.get<double>();
  }
  [[nodiscard]] std::int64_t time(const YamlNode& node, const std::string& what) const {
    const auto value = node.is_scalar() ? parse_time(node.text) : std::nullopt;
    if (!value) fail(node, fmt::format("\"{}\" must be a time", what), "2026-01-31, 2026-01-31T12:00:00Z or now");
    return *value;
  }

  void read_length(const YamlNode& node, ColumnRule& out) const {
    only(node, out, Kind::text, "length");
    allow(node, {"min", "max"}, "in \"length\"");
    if (const auto* min = node.find("min")) out.shortest = count(*min, "min");
    if (const auto* max = node.find("max")) out.longest = count(*max, "max");
    if (out.shortest && out.longest && *out.shortest > *out.longest) fail(node, "\"min\" is above \"max\"");
  }

  void read_values(const YamlNode& node, ColumnRule& out) const {
    if (!node.is_sequence() || node.items.empty()) fail(node, "\"values\" must be a list", "values: [basic, plus]");
    for (const auto& item : node.items) out.values.push_back(value(item, out));
  }
  [[nodiscard]] Value value(const YamlNode& node, const ColumnRule& rule) const {
    if (!node.is_scalar()) fail(node, "a value must be a text, a number, true or false");
    if (rule.type == Kind::text) return node.text;
    if (rule.type == Kind::time) return time(node, "values");
    const Json json = mlops::to_json(node);
    if ((!rule.type || rule.type == Kind::boolean) && json.is_boolean()) return json.get<bool>();
    const bool whole =
        json.is_number_integer() && !(json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX);
    if (whole && rule.type != Kind::boolean) return json.get<std::int64_t>();
    if (json.is_number() && rule.type != Kind::boolean && rule.type != Kind::integer) return json.get<double>();
    if (!rule.type && json.is_string()) return node.text;
    fail(node, fmt::format("\"{}\" is no {}", printable(node.text), rule.type ? table::to_text(*rule.type) : "value"));
  }

  [[nodiscard]] std::string pattern(const YamlNode& node, const ColumnRule& rule) const {
    only(node, rule, Kind::text, "pattern");
    const std::string out = text(node, "pattern");
    try {
      (void)compile_pattern(out);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      fail(node, error.message(), error.hint());
    }
    return out;
  }

  [[nodiscard]] Micros fresh(const YamlNode& node, const ColumnRule& rule) const {
    only(node, rule, Kind::time, "fresh");
    const auto value = node.is_scalar() ? parse_duration(node.text) : std::nullopt;
    if (!value || *value <= 0)
      fail(node, "\"fresh\" must be a duration", "for example 12h, 7d: the newest time is at most this old");
    return *value;
  }

  // A column that another part of the schema speaks of.
  [[nodiscard]] std::string known(const YamlNode& node, std::string name) const {
    if (out_.others || out_.find(name) != nullptr) return name;
    std::vector<std::string> names;
    for (const auto& rule : out_.columns) names.push_back(rule.name);
    const std::string near = nearest(name, names);
    fail(node, fmt::format("the schema has no column \"{}\"", printable(name)),
         near.empty() ? "columns: names it first" : "did you mean \"" + near + "\"?");
  }

  void read_checks(const YamlNode& node) {
    if (!node.is_sequence()) fail(node, "\"checks\" must be a list", "checks: [start <= end]");
    for (const auto& item : node.items) {
      if (!item.is_map()) {
        out_.checks.push_back({{}, condition(item), {}});
        continue;
      }
      allow(item, {"name", "check", "when"}, "in a check");
      const YamlNode *check = item.find("check"), *when = item.find("when"), *name = item.find("name");
      if (check == nullptr) fail(item, "a check needs \"check\"", "{check: a <= b, when: plan == 'plus'}");
      RowCheck out{name == nullptr ? "" : text(*name, "name"), condition(*check), {}};
      if (when != nullptr) out.when = condition(*when);
      out_.checks.push_back(std::move(out));
    }
  }
  [[nodiscard]] Condition condition(const YamlNode& node) const {
    try {
      Condition out(text(node, "check"));
      for (const auto& name : out.columns()) (void)known(node, name);
      const std::string problem = out.type_problem([this](std::string_view name) {
        const ColumnRule* rule = out_.find(name);
        return rule == nullptr ? std::nullopt : rule->type;
      });
      if (!problem.empty()) fail(node, problem);
      return out;
    } catch (const Error& error) {
      if (error.line() > 0) throw;
      fail(node, error.message(), error.hint());
    }
  }

  const std::string& text_;
  const std::string& file_;
  Schema out_;
};

}  // namespace

const ColumnRule* Schema::find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& rule) { return rule.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Schema parse_schema(const std::string& text, const std::string& file) { return Reader(text, file).read(); }

}  // namespace mlops::schema
