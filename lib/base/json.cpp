#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mlops {
namespace {

void append_text(std::string& out, const std::string& text) {
  if (!is_utf8(text)) throw input_error("text \"" + printable(text) + "\" is not UTF-8 and can't stand in a record");
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_number(std::string& out, double value) {
  std::string text = show_double(value);
  const bool finite = text.find_first_not_of("0123456789+-.e") == std::string::npos;
  // A double stays a double when read back: 2 is an integer, 2.0 is not.
  if (finite && text.find_first_of(".e") == std::string::npos) text += ".0";
  if (finite)
    out += text;
  else
    append_text(out, text);
}

void append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      out.push_back('{');
      bool first = true;
      for (const auto& [key, member] : value.items()) {  // nlohmann's object is a std::map: sorted by bytes
        if (!first) out.push_back(',');
        first = false;
        append_text(out, key);
        out.push_back(':');
        append(out, member);
      }
      out.push_back('}');
      break;
    }
    case Json::value_t::array: {
      out.push_back('[');
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out.push_back(',');
        append(out, value[i]);
      }
      out.push_back(']');
      break;
    }
    case Json::value_t::string:
      append_text(out, value.get_ref<const std::string&>());
      break;
    case Json::value_t::number_float:
      append_number(out, value.get<double>());
      break;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      break;
    case Json::value_t::number_integer:
      out += std::to_string(value.get<std::int64_t>());
      break;
    case Json::value_t::number_unsigned:
      out += std::to_string(value.get<std::uint64_t>());
      break;
    default:
      out += "null";
  }
}

void check_depth(std::string_view text, const std::string& name) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > k_json_depth)
      throw input_error(fmt::format("{} is nested deeper than {} levels", name, k_json_depth)).at(name);
  }
}

std::pair<int, int> position(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto last = before.rfind('\n');
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return {static_cast<int>(line), static_cast<int>(column)};
}

}  // namespace

std::string canonical_json(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

Json parse_json(std::string_view text, const std::string& name) {
  check_depth(text, name);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto [line, column] = position(text, error.byte);
    throw input_error(fmt::format("{} is not valid JSON", name)).at(name, line, column);
  } catch (const Json::exception&) {  // a number out of range
    throw input_error(fmt::format("{} holds a number that can't be represented", name)).at(name);
  }
}

const Json& need(const Json& object, std::string_view key, const std::string& name) {
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  if (!object.is_object() || found == object.end()) throw input_error(fmt::format("{} has no \"{}\"", name, key));
  return *found;
}

std::string need_text(const Json& object, std::string_view key, const std::string& name) {
  const Json& member = need(object, key, name);
  if (!member.is_string()) throw input_error(fmt::format("\"{}\" in {} is not a text", key, name));
  return member.get<std::string>();
}

std::string text_or(const Json& object, std::string_view key, std::string_view fallback) {
  if (object.is_object())
    if (const auto found = object.find(std::string(key)); found != object.end() && found->is_string())
      return found->get<std::string>();
  return std::string(fallback);
}

std::int64_t integer_or(const Json& object, std::string_view key, std::int64_t fallback) {
  if (object.is_object())
    if (const auto found = object.find(std::string(key)); found != object.end() && found->is_number_integer())
      return found->get<std::int64_t>();
  return fallback;
}

}  // namespace mlops
