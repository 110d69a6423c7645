// YAML 1.2 (core schema) as nodes that know where they stand, read from yaml-cpp's events under budgets for depth and
// aliases. Merge keys (`<<`) work; duplicate keys are an error. https://yaml.org/spec/1.2.2/#103-core-schema
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace mlops {

struct YamlMember;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string text;                 // scalars: the text without quotes
  bool quoted = false;              // scalars: written in quotes or as a block, so always a text
  int line = 0, column = 0;         // from 1
  std::size_t offset = 0;           // byte offset of the first character, for edits in place
  std::vector<YamlNode> items;      // sequences
  std::vector<YamlMember> members;  // maps, in file order

  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
};

struct YamlMember {
  YamlNode first, second;  // key and value
};

// `name` is the file's name in messages. Throws Error(input) with line and column, also where a
// second document begins. An empty text is a null node.
YamlNode parse_yaml(std::string_view text, const std::string& name);
// With the types of the core schema: null, true/false, integers (also 0o, 0x), floats (.inf, .nan), text.
Json to_json(const YamlNode& node);
// One scalar as a typed value ("0.1" → 0.1, "true" → true, "x" → "x").
Json yaml_scalar(std::string_view text);
// An error at a node, with the line itself.
Error yaml_error(const YamlNode& node, std::string_view file_text, const std::string& name, std::string message,
                 std::string hint = {});
// A value as it is written into a YAML file: plain where that reads back the same, else in double quotes. Maps and
// sequences come in flow style.
std::string yaml_value(const Json& value);
// Block style, keys in the value's order; used for pointers and lock files.
std::string to_yaml(const nlohmann::ordered_json& value);

}  // namespace mlops
