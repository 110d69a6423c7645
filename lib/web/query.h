// The part of a target behind its "?", as forms write it (WHATWG URL, application/x-www-form-urlencoded): pairs in
// order,
// "+" is a space, percent-decoded once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlops::web {

class Query {
 public:
  // Throws Refusal(400) for broken percent codes, control characters and what is not UTF-8.
  explicit Query(std::string_view target);

  [[nodiscard]] std::optional<std::string> first(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view key) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace mlops::web
