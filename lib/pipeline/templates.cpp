#include "pipeline/templates.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace mlops::pipeline {
namespace {

struct Source {
  const Json& context;
  const std::string &text, &file;
};

std::vector<std::string> words(std::string_view expression) {
  std::vector<std::string> out;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) out.push_back(std::exchange(word, {}));
  };
  for (const char c : expression) {
    if (c == '.' || c == '[' || c == ']')
      flush();
    else
      word.push_back(c);
  }
  flush();
  return out;
}

const Json* step(const Json& at, const std::string& word) {
  if (at.is_object()) {
    const auto found = at.find(word);
    return found == at.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
  if (!at.is_array() || error != std::errc{} || end != word.data() + word.size() || index >= at.size()) return nullptr;
  return &at[index];
}

const Json& value_of(const YamlNode& node, std::string_view expression, const Source& source) {
  const std::string_view name = trim(expression);
  if (const Json* found = look_up(source.context, name)) return *found;
  std::vector<std::string> known;
  for (const auto& [key, value] : source.context.items()) known.push_back(key);
  const std::string near = nearest(name, known);
  throw yaml_error(node, source.text, source.file, fmt::format("\"${{{}}}\" is no parameter", name),
                   near.empty() ? "it must stand in params.yaml or under vars" : "did you mean \"${" + near + "}\"?");
}

// A JSON value as the node it would have been in the file.
YamlNode as_node(const Json& value, const YamlNode& place) {
  YamlNode node;
  node.line = place.line;
  node.column = place.column;
  node.offset = place.offset;
  if (value.is_null()) return node;
  if (value.is_array()) {
    node.kind = YamlNode::Kind::sequence;
    for (const auto& item : value) node.items.push_back(as_node(item, place));
  } else if (value.is_object()) {
    node.kind = YamlNode::Kind::map;
    for (const auto& [key, member] : value.items())
      node.members.push_back({as_node(Json(key), place), as_node(member, place)});
  } else {
    node.kind = YamlNode::Kind::scalar;
    node.quoted = value.is_string();
    node.text = value.is_string() ? value.get<std::string>() : template_text(value);
  }
  return node;
}

YamlNode resolve_scalar(const YamlNode& node, const Source& source) {
  const std::string& text = node.text;
  if (text.find("${") == std::string::npos) return node;
  if (text.starts_with("${") && text.find('}') == text.size() - 1)
    return as_node(value_of(node, std::string_view(text).substr(2, text.size() - 3), source), node);
  YamlNode out = node;
  out.text.clear();
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "\\${") == 0) {
      out.text += "${";
      at += 3;
    } else if (text.compare(at, 2, "${") == 0) {
      const auto end = text.find('}', at);
      if (end == std::string::npos) throw yaml_error(node, source.text, source.file, "\"${\" is not closed by \"}\"");
      const Json& value = value_of(node, std::string_view(text).substr(at + 2, end - at - 2), source);
      if (value.is_structured())
        throw yaml_error(node, source.text, source.file, "a list or map can't stand inside a text");
      out.text += template_text(value);
      at = end + 1;
    } else {
      out.text.push_back(text[at++]);
    }
  }
  return out;
}

YamlNode resolve(const YamlNode& node, const Source& source) {
  if (node.is_scalar()) return resolve_scalar(node, source);
  YamlNode out = node;
  for (auto& item : out.items) item = resolve(item, source);
  for (auto& member : out.members) member.second = resolve(member.second, source);
  return out;
}

}  // namespace

const Json* look_up(const Json& context, std::string_view expression) {
  const Json* at = &context;
  for (const auto& word : words(expression)) {
    at = step(*at, word);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string template_text(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  std::string text = show_double(value.get<double>());
  if (text == "NaN") return "nan";
  if (text.ends_with("Infinity")) return text.front() == '-' ? "-inf" : "inf";
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

YamlNode resolve_templates(const YamlNode& node, const Json& context, const std::string& file_text,
                           const std::string& file) {
  return resolve(node, Source{context, file_text, file});
}

}  // namespace mlops::pipeline
