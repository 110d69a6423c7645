#include "track/fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "track/api_error.h"
#include "web/query.h"

namespace mlops::track {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> real_number(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Python's json writes NaN and Infinity bare: puts quotes around them, outside of texts.
std::string quote_bare_numbers(std::string_view text) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') inside = !inside;
    if (inside && text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i++, 2);
      continue;
    }
    bool quoted = false;
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
      if (!inside && text.substr(i, word.size()) == word) {
        out += fmt::format("\"{}\"", word);
        i += word.size() - 1;
        quoted = true;
        break;
      }
    if (!quoted) out.push_back(text[i]);
  }
  return out;
}

Json body_of(const std::string& text) {
  if (trim(text).empty()) return Json::object();
  try {
    return parse_json(text, "the request");
  } catch (const Error& error) {
    if (text.find("NaN") == std::string::npos && text.find("Infinity") == std::string::npos)
      throw invalid(error.message());
  }
  try {
    return parse_json(quote_bare_numbers(text), "the request");
  } catch (const Error& error) {
    throw invalid(error.message());
  }
}

Json query_of(const std::string& target) {
  Json out = Json::object();
  const web::Query query(target);
  for (const auto& [key, value] : query.pairs()) {
    if (!out.contains(key))
      out[key] = value;
    else if (out[key].is_array())
      out[key].push_back(value);
    else
      out[key] = Json::array({out[key], value});
  }
  return out;
}

ApiError wrong_kind(std::string_view key, const char* kind) {
  return invalid(fmt::format("the field '{}' must be {}", key, kind));
}

}  // namespace

Fields Fields::of(const web::Request& request, const std::vector<std::string>& names) {
  Json values = request.method == "GET" ? query_of(request.target) : body_of(request.body);
  if (!values.is_object()) throw invalid("the request's body must be a JSON object");
  for (std::size_t i = 0; i < names.size() && i < request.parameters.size(); ++i)
    values[names[i]] = request.parameters[i];
  return Fields(std::move(values));
}

const Json* Fields::find(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() || at->is_null() ? nullptr : &*at;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number() || value->is_boolean()) return value->dump();
  throw wrong_kind(key, "text");
}

std::string Fields::text_or(std::string_view key, std::string_view fallback) const {
  return text(key).value_or(std::string(fallback));
}

std::string Fields::need(std::string_view key) const {
  auto value = text(key);
  if (!value || value->empty()) throw invalid(fmt::format("the field '{}' is missing", key));
  return *std::move(value);
}

std::optional<std::int64_t> Fields::integer(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    throw wrong_kind(key, "a whole number of 64 bits");
  if (value->is_number_integer()) return value->get<std::int64_t>();
  if (value->is_number_float() && std::trunc(value->get<double>()) == value->get<double>() &&
      std::abs(value->get<double>()) < 9e15)
    return static_cast<std::int64_t>(value->get<double>());
  if (value->is_string())
    if (const auto number = whole_number(value->get_ref<const std::string&>())) return number;
  throw wrong_kind(key, "a whole number");
}

std::int64_t Fields::need_integer(std::string_view key) const {
  const auto value = integer(key);
  if (!value) throw invalid(fmt::format("the field '{}' is missing", key));
  return *value;
}

double Fields::need_number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) throw invalid(fmt::format("the field '{}' is missing", key));
  if (value->is_number()) return value->get<double>();
  if (value->is_string())
    if (const auto number = real_number(value->get_ref<const std::string&>())) return *number;
  throw wrong_kind(key, "a number");
}

bool Fields::flag(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string()) return web::equal_names(value->get_ref<const std::string&>(), "true");
  throw wrong_kind(key, "true or false");
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) return {*text(key)};
  std::vector<std::string> out;
  for (const auto& item : *value) {
    if (item.is_string())
      out.push_back(item.get<std::string>());
    else if (item.is_number())
      out.push_back(item.dump());
    else
      throw wrong_kind(key, "a list of texts");
  }
  return out;
}

std::vector<Fields> Fields::objects(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) throw wrong_kind(key, "a list");
  std::vector<Fields> out;
  out.reserve(value->size());
  for (const auto& item : *value) {
    if (!item.is_object()) throw wrong_kind(key, "a list of objects");
    out.emplace_back(item);
  }
  return out;
}

std::optional<Fields> Fields::object(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) throw wrong_kind(key, "an object");
  return Fields(*value);
}

std::vector<meta::KeyValue> Fields::pairs(std::string_view key) const {
  std::vector<meta::KeyValue> out;
  for (const auto& pair : objects(key)) out.push_back({pair.need("key"), pair.text_or("value", "")});
  return out;
}

std::size_t Fields::limit(std::size_t fallback, std::size_t most) const {
  const auto value = integer("max_results");
  if (!value) return fallback;
  if (*value < 1 || static_cast<std::uint64_t>(*value) > most)
    throw invalid(fmt::format("max_results must be within 1 and {}, not {}", most, *value));
  return static_cast<std::size_t>(*value);
}

// Opaque to the client: "o" and the offset.
std::string page_token(std::size_t offset) { return fmt::format("o{}", offset); }

std::size_t Fields::offset() const {
  const auto token = text("page_token");
  if (!token || token->empty()) return 0;
  const auto value = token->starts_with('o') ? whole_number(std::string_view(*token).substr(1)) : std::nullopt;
  if (!value || *value < 0) throw invalid("page_token is not one of this server's");
  return static_cast<std::size_t>(*value);
}

Json number_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest();
  return value;
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
    return;
  }
  if (std::isinf(value)) value = value > 0 ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest();
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), end);
}

void append_text(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) continue;
    out += text.substr(from, i - from);
    from = i + 1;
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(byte));
    } else if (byte == '\n') {
      out += "\\n";
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    }
  }
  out += text.substr(from);
  out.push_back('"');
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace mlops::track
