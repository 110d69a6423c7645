// Private to the search language: which keys a domain has, and what may be asked of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "track/filter_parse.h"

namespace mlops::track {

struct KeyRule {
  meta::Entity entity = meta::Entity::attribute;
  std::string key;  // as it is stored
  bool numeric = false;
  bool lists = false;     // IN and NOT IN
  bool nullable = false;  // IS [NOT] NULL
};

// `entity` is "" where the key stood alone. Throws ApiError(400) naming what there is.
KeyRule filter_rule(Domain domain, std::string_view entity, std::string_view key);
KeyRule order_rule(Domain domain, std::string_view entity, std::string_view key);

}  // namespace mlops::track
