// Regular expressions whose time is linear in the text, whatever the pattern is: RE2, in a module that is opened on
// first use. https://github.com/google/re2/wiki/Syntax
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mlops::schema {

// Thread-safe.
class Pattern {
 public:
  virtual ~Pattern() = default;
  // The whole text. False too for text that is not UTF-8.
  [[nodiscard]] virtual bool matches(std::string_view text) const = 0;
};

// The seam between this library and the module.
class PatternEngine {
 public:
  virtual ~PatternEngine() = default;
  // Throws Error(input) that says what is wrong.
  [[nodiscard]] virtual std::unique_ptr<Pattern> compile(const std::string& pattern) const = 0;
};

std::unique_ptr<Pattern> compile_pattern(const std::string& pattern);

}  // namespace mlops::schema
