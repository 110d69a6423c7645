#include "schema/pattern.h"

#include "base/module.h"

namespace mlops::schema {

std::unique_ptr<Pattern> compile_pattern(const std::string& pattern) {
  static const auto* engine = static_cast<const PatternEngine*>(open_module("pattern"));
  return engine->compile(pattern);
}

}  // namespace mlops::schema
