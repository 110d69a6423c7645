// ${…} in pipeline files: a word, then .word or [word] any number of times. A value that is one expression keeps its
// type.
#pragma once

#include "base/yaml.h"

namespace mlops::pipeline {

// Replaces every expression in the scalars below `node` (keys stay). `context` is a map. Throws Error(input) at the
// node.
YamlNode resolve_templates(const YamlNode& node, const Json& context, const std::string& file_text,
                           const std::string& file);

// As text inside a text: true, false, None, numbers as Python prints them.
std::string template_text(const Json& value);
// The member at "a.b[0]", nullptr where there is none.
const Json* look_up(const Json& context, std::string_view expression);

}  // namespace mlops::pipeline
