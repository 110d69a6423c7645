// RE2 behind schema/pattern.h.
#include <re2/re2.h>

#include "base/error.h"
#include "base/module.h"
#include "base/text.h"
#include "schema/pattern.h"

namespace mlops::schema {
namespace {

// What a compiled pattern may take; RE2 refuses more ("pattern too large").
constexpr std::int64_t k_memory = 8 << 20;
constexpr std::size_t k_longest = 4096;

RE2::Options options() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_max_mem(k_memory);
  return out;
}

class Re2Pattern : public Pattern {
 public:
  explicit Re2Pattern(const std::string& text) : expression_(text, options()) {
    if (!expression_.ok())
      throw input_error("\"" + printable(text) + "\" is no regular expression: " + printable(expression_.error()),
                        "RE2's syntax: no back-references, no look-around");
  }
  [[nodiscard]] bool matches(std::string_view text) const override {
    return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression_);
  }

 private:
  RE2 expression_;
};

class Engine : public PatternEngine {
 public:
  [[nodiscard]] std::unique_ptr<Pattern> compile(const std::string& pattern) const override {
    if (pattern.size() > k_longest)
      throw input_error("a pattern may have " + show_count(k_longest) + " bytes, this one has " +
                        show_count(pattern.size()));
    return std::make_unique<Re2Pattern>(pattern);
  }
};

PatternEngine& engine() {
  static Engine object;
  return object;
}

}  // namespace
}  // namespace mlops::schema

MLOPS_MODULE(mlops::schema::engine())
