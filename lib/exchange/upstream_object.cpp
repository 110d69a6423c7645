#include "exchange/upstream_object.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "store/tree.h"

namespace mlops::exchange {
namespace {

constexpr const char* k_hint = "whoever made it can write its pointer anew: mlops data add, then git commit";

struct Amount {
  std::uint64_t size = 0, files = 0;
  bool operator==(const Amount&) const = default;
};

std::string to_text(const Amount& amount) {
  return fmt::format("{} bytes in {} file{}", show_count(amount.size), show_count(amount.files),
                     amount.files == 1 ? "" : "s");
}

// A directory may stand at many places of a tree: each is looked at once.
class Measure {
 public:
  Measure(const store::Store& store, const std::string& what) : store_(store), what_(what) {}

  Amount tree(const Id& id, std::size_t depth = 0) {
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    if (depth > store::k_deepest_tree) throw input_error(what_ + " has more directories below each other than a path");
    Amount sum;
    for (const auto& entry : store::decode_tree(store_.get(store::Kind::tree, id))) {
      if (entry.mode == store::Mode::directory && tree(entry.id, depth + 1) != Amount{entry.size, entry.files})
        throw input_error("a list of files in " + what_ + " is wrong about " + printable(entry.name), k_hint);
      sum.size += entry.size;
      sum.files += entry.mode == store::Mode::directory ? entry.files : 1;
    }
    return known_[id] = sum;
  }

 private:
  const store::Store& store_;
  const std::string& what_;
  std::map<Id, Amount> known_;
};

}  // namespace

void require_kind(const store::Store& store, const store::ObjectRef& said, const std::string& what) {
  const bool tree = said.kind == store::Kind::tree;
  if (tree ? store.has(store::Kind::tree, said.id) : store.has_file(said.id)) return;
  throw input_error(
      "the pointer of " + what + " says that it is a " + (tree ? "directory" : "file") + ", and it is none", k_hint);
}

void require_as_said(const store::Store& store, const store::ObjectRef& said, const std::string& what) {
  require_kind(store, said, what);
  const Amount is =
      said.kind == store::Kind::tree ? Measure(store, what).tree(said.id) : Amount{store.file_size(said.id), 1};
  if (is == Amount{said.size, said.files}) return;
  throw input_error("the pointer of " + what + " says that it has " + to_text({said.size, said.files}) +
                        ", and it has " + to_text(is),
                    k_hint);
}

}  // namespace mlops::exchange
