#include "exchange/absent.h"

#include <algorithm>
#include <unordered_set>

#include "store/tree.h"

namespace mlops::exchange {

using store::Kind;

std::vector<std::string> absent(const store::Store& store, const store::Catalogue& catalogue,
                                std::vector<NamedVersion> versions) {
  std::vector<std::string> out;
  std::unordered_set<Id, IdHash> seen;
  while (!versions.empty()) {
    const NamedVersion version = std::move(versions.back());
    versions.pop_back();
    if (store.has(Kind::tree, version.id)) {
      if (!seen.insert(version.id).second) continue;
      for (const auto& entry : store::decode_tree(store.get(Kind::tree, version.id)))
        versions.push_back({entry.id, version.path + "/" + entry.name});
    } else if (!store.has_file(version.id) && !catalogue.has(version.id)) {
      out.push_back(version.path);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace mlops::exchange
