#include "data/object_json.h"

namespace mlops::data {

Json to_json(const store::ObjectRef& object) {
  return {{object.kind == store::Kind::tree ? "tree" : "file", object.id.hex()},
          {"size", object.size},
          {"files", object.files}};
}

std::optional<store::ObjectRef> object_of(const Json& value) {
  const bool tree = value.contains("tree");
  const auto id = Id::from_hex(text_or(value, tree ? "tree" : "file"));
  if (!id) return std::nullopt;
  return store::ObjectRef{tree ? store::Kind::tree : store::Kind::file, *id,
                          static_cast<std::uint64_t>(integer_or(value, "size")),
                          static_cast<std::uint64_t>(integer_or(value, "files", 1))};
}

}  // namespace mlops::data
