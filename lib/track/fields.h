// What a call was given: the members of its JSON body, or the pairs of its query.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "meta/tracking.h"
#include "web/http.h"

namespace mlops::track {

// Every accessor throws ApiError(400) naming the field where its value is of another kind. null counts as absent.
class Fields {
 public:
  // The body where there is one, else the query; parts of the path that the route names are added under their names.
  static Fields of(const web::Request& request, const std::vector<std::string>& names);
  explicit Fields(Json values) : values_(std::move(values)) {}

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;  // numbers as they are written
  [[nodiscard]] std::string text_or(std::string_view key, std::string_view fallback) const;
  [[nodiscard]] std::string need(std::string_view key) const;  // there and not empty
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::int64_t need_integer(std::string_view key) const;
  [[nodiscard]] double need_number(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;  // one value is a list of one
  [[nodiscard]] std::vector<Fields> objects(std::string_view key) const;
  [[nodiscard]] std::optional<Fields> object(std::string_view key) const;
  [[nodiscard]] std::vector<meta::KeyValue> pairs(std::string_view key) const;  // [{key, value}]

  // `max_results` within 1..most.
  [[nodiscard]] std::size_t limit(std::size_t fallback, std::size_t most) const;
  // What a page token stands for; 0 without one.
  [[nodiscard]] std::size_t offset() const;

 private:
  [[nodiscard]] const Json* find(std::string_view key) const;
  Json values_;
};

std::string page_token(std::size_t offset);

// For answers: NaN is text, infinities are the largest doubles.
Json number_json(double value);
void append_number(std::string& out, double value);
void append_text(std::string& out, std::string_view text);  // quoted and escaped
std::string dump(const Json& value);

}  // namespace mlops::track
