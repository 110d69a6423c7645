#include "pipeline/parameters.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "pipeline/templates.h"

namespace mlops::pipeline {
namespace {

void flatten_into(const Json& nested, const std::string& prefix, Json& out) {
  for (const auto& [key, value] : nested.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object() && !value.empty())
      flatten_into(value, name, out);
    else
      out[name] = value;
  }
}

const YamlNode* find_node(const YamlNode& root, const std::string& key) {
  const YamlNode* at = &root;
  for (const auto& word : split(key, '.')) {
    at = at->is_map() ? at->find(word) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

// Bytes that the scalar takes in the text, from its offset.
std::size_t written_length(const std::string& text, const YamlNode& node) {
  const std::size_t start = node.offset;
  if (start < text.size() && (text[start] == '"' || text[start] == '\'')) {
    const char quote = text[start];
    for (std::size_t at = start + 1; at < text.size(); ++at) {
      if (text[at] == '\\' && quote == '"')
        ++at;
      else if (text[at] == quote && quote == '\'' && at + 1 < text.size() && text[at + 1] == '\'')
        ++at;
      else if (text[at] == quote)
        return at + 1 - start;
    }
  }
  return node.text.size();
}

}  // namespace

Json read_parameters(const fs::path& file, const std::string& name) {
  if (!fs::exists(file)) return nullptr;
  return parse_parameters(read_file(file, 64 << 20), name);
}

Json parse_parameters(const std::string& text, const std::string& name) {
  if (name.ends_with(".json")) return parse_json(text, name);
  return to_json(parse_yaml(text, name));
}

Assignment parse_assignment(const std::string& text) {
  Assignment out;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw usage_error(fmt::format("\"{}\" is not KEY=VALUE", text), "for example --set lr=0.1");
  out.key = text.substr(0, equals);
  if (const auto colon = out.key.find(':'); colon != std::string::npos) {
    out.file = out.key.substr(0, colon);
    out.key = out.key.substr(colon + 1);
  }
  out.value = to_json(parse_yaml(text.substr(equals + 1), "the value of " + out.key));
  return out;
}

void assign(const fs::path& root, const Assignment& assignment) {
  const fs::path file = root / assignment.file;
  if (!fs::exists(file))
    throw input_error(fmt::format("there is no {} to set \"{}\" in", assignment.file, assignment.key));
  // As everybody who changes a file of the work tree: re-read it, change one's own part, rename.
  std::string text = read_file(file, 64 << 20);
  const YamlNode root_node = parse_yaml(text, assignment.file);
  const YamlNode* node = find_node(root_node, assignment.key);
  if (node == nullptr) {
    std::vector<std::string> known;
    const Json all = flatten(to_json(root_node));
    for (const auto& [key, value] : all.items()) known.push_back(key);
    const std::string near = nearest(assignment.key, known);
    throw input_error(fmt::format("{} has no \"{}\"", assignment.file, assignment.key),
                      near.empty() ? "it has: " + join(known, ", ") : "did you mean \"" + near + "\"?");
  }
  if (!node->is_scalar() || node->offset + written_length(text, *node) > text.size())
    throw input_error(fmt::format("\"{}\" in {} is not a single value", assignment.key, assignment.file));
  text.replace(node->offset, written_length(text, *node), yaml_value(assignment.value));
  replace_file(file, text);
}

Json flatten(const Json& nested) {
  Json out = Json::object();
  if (nested.is_object()) flatten_into(nested, "", out);
  return out;
}

}  // namespace mlops::pipeline
