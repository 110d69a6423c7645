#include "feature/wire_body.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "web/guard.h"

namespace mlops::feature {
namespace {

using web::OrderedJson;

std::string dump(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

[[noreturn]] void invalid(const char* type, OrderedJson loc, const char* msg, OrderedJson input,
                          OrderedJson context = {}) {
  OrderedJson detail{{"type", type}, {"loc", std::move(loc)}, {"msg", msg}, {"input", std::move(input)}};
  if (!context.is_null()) detail["ctx"] = std::move(context);
  throw InvalidBody{std::move(detail)};
}

OrderedJson place(const char* key) { return OrderedJson::array({"body", key}); }

[[noreturn]] void no_object(OrderedJson input) {
  invalid("model_attributes_type", OrderedJson::array({"body"}),
          "Input should be a valid dictionary or object to extract fields from", std::move(input));
}

bool is_json(std::string_view content_type) {
  const std::string type = web::media_type(content_type);
  return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

// Where the parser stopped: its words end in "at N".
[[noreturn]] void not_json(const std::string& text) {
  const auto at = text.rfind(" at ");
  std::uint64_t position = 0;
  if (at != std::string::npos) std::from_chars(text.data() + at + 4, text.data() + text.size(), position);
  invalid("json_invalid", OrderedJson::array({"body", position}), "JSON decode error", OrderedJson::object(),
          OrderedJson{{"error", text.substr(0, at)}});
}

std::optional<bool> truth(const OrderedJson& json) {
  static constexpr std::array<const char*, 6> k_true{"true", "1", "yes", "on", "t", "y"},
      k_false{"false", "0", "no", "off", "f", "n"};
  if (json.is_boolean()) return json.get<bool>();
  const std::string text = json.is_string() ? json.get<std::string>() : json.is_number() ? json.dump() : "";
  const auto is = [&](const char* word) { return web::equal_names(text, word); };
  if (std::any_of(k_true.begin(), k_true.end(), is)) return true;
  if (std::any_of(k_false.begin(), k_false.end(), is)) return false;
  return std::nullopt;
}

}  // namespace

web::Response response_of(const InvalidBody& invalid) {
  return {422, "application/json", dump(OrderedJson{{"detail", OrderedJson::array({invalid.detail})}})};
}

web::Response refusal(int status, const std::string& feast_class, const std::string& message) {
  const OrderedJson error{{"module", "feast.errors"}, {"class", feast_class}, {"message", message}};
  return {status, "application/json", dump(OrderedJson(dump(error)))};
}

web::Response detail(int status, const std::string& text) {
  return {status, "application/json", dump(OrderedJson{{"detail", text}})};
}

Body::Body(const web::Request& request) {
  if (request.body.empty()) invalid("missing", OrderedJson::array({"body"}), "Field required", nullptr);
  if (!is_json(request.header("Content-Type"))) no_object(to_utf8(request.body.substr(0, 1000)));
  try {
    json_ = web::parse_ordered_json(request.body);
  } catch (const Error& error) {
    not_json(error.message());
  }
  if (!json_.is_object()) no_object(json_);
}

const OrderedJson* Body::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

void Body::missing(const char* key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) invalid("missing", place(key), "Field required", json_);
  invalid("value_type", place(key), "Input should not be null", nullptr);
}

std::string Body::text(const char* key) const {
  if (find(key) == nullptr) missing(key);
  return *text_if(key);
}

std::optional<std::string> Body::text_if(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) invalid("string_type", place(key), "Input should be a valid string", *value);
  return value->get<std::string>();
}

bool Body::flag(const char* key, bool fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  const auto out = truth(*value);
  if (!out) invalid("bool_parsing", place(key), "Input should be a valid boolean, unable to interpret input", *value);
  return *out;
}

std::vector<std::string> Body::texts(const char* key) const {
  std::vector<std::string> out;
  const auto* value = find(key);
  if (value == nullptr) return out;
  if (!value->is_array()) invalid("list_type", place(key), "Input should be a valid list", *value);
  for (const auto& item : *value) {
    if (!item.is_string())
      invalid("string_type", OrderedJson::array({"body", key, out.size()}), "Input should be a valid string", item);
    out.push_back(item.get<std::string>());
  }
  return out;
}

const OrderedJson& Body::object(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr) missing(key);
  if (!value->is_object()) invalid("dict_type", place(key), "Input should be a valid dictionary", *value);
  return *value;
}

const OrderedJson& Body::columns(const char* key) const {
  const OrderedJson& out = object(key);
  for (const auto& [name, values] : out.items())
    if (!values.is_array())
      invalid("list_type", OrderedJson::array({"body", key, name}), "Input should be a valid list", values);
  return out;
}

}  // namespace mlops::feature
