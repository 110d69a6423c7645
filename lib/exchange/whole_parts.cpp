#include "exchange/whole_parts.h"

#include "data/whole.h"
#include "store/tree.h"

namespace mlops::exchange {
namespace {

using store::Kind;

// Alone, a link would be followed by nothing that checks it, and a file would lose its executable bit.
bool stands_alone(store::Mode mode) { return mode == store::Mode::file || mode == store::Mode::directory; }

// True where all of it is here; else `parts` gets those below it that are.
bool take_parts(const store::Store& store, const Part& part, std::vector<Part>& parts, std::size_t depth = 0) {
  if (part.object.kind != Kind::tree) return data::has_whole_file(store, part.object.id);
  if (depth > store::k_deepest_tree || !store.has(Kind::tree, part.object.id)) return false;
  std::vector<Part> whole;
  bool all = true;
  for (const auto& entry : store::decode_tree(store.get(Kind::tree, part.object.id))) {
    const Kind kind = entry.mode == store::Mode::directory ? Kind::tree : Kind::file;
    Part below{part.path + "/" + entry.name, {kind, entry.id, entry.size, entry.files}};
    if (!take_parts(store, below, parts, depth + 1))
      all = false;
    else if (stands_alone(entry.mode))
      whole.push_back(std::move(below));
  }
  if (!all) parts.insert(parts.end(), whole.begin(), whole.end());
  return all;
}

}  // namespace

std::vector<Part> whole_parts(const store::Store& store, const Part& version) {
  std::vector<Part> out;
  if (take_parts(store, version, out)) return {version};
  return out;
}

}  // namespace mlops::exchange
