// How versions of paths stand in records: {"file" or "tree": id, "size", "files"}, with "path" where it matters.
#pragma once

#include <optional>

#include "base/json.h"
#include "store/store.h"

namespace mlops::data {

Json to_json(const store::ObjectRef& object);
std::optional<store::ObjectRef> object_of(const Json& value);

}  // namespace mlops::data
