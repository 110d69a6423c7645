// JSON lines are looked through before Arrow reads them, since a deep nesting would cost a deep recursion.
#pragma once

#include <string>
#include <string_view>

#include "formats.h"

namespace mlops::table {

// Throws at the line where brackets nest deeper than is allowed.
class DepthCheck {
 public:
  explicit DepthCheck(const Reading& reading, int first_line = 1) : reading_(reading), line_(first_line) {}
  void feed(std::string_view text) {
    for (const char c : text) byte(c);
  }

 private:
  void byte(char c) {
    if (c == '\n') ++line_;
    if (in_text_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
      return;
    }
    if (c == '"') in_text_ = true;
    if (c == '}' || c == ']') --depth_;
    if ((c == '{' || c == '[') && ++depth_ > reading_.options.limits.nesting)
      throw input_error("nested deeper than " + std::to_string(reading_.options.limits.nesting) + " levels")
          .at(reading_.source.name(), line_);
  }
  const Reading& reading_;
  int depth_ = 0, line_;
  bool in_text_ = false, escaped_ = false;
};

}  // namespace mlops::table
