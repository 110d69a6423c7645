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
  const auto look_for_file = [&](const Id& file, const std::string& path) {
    if (!store.has_file(file) && !catalogue.has(file)) out.push_back(path);
  };
  while (!versions.empty()) {
    const NamedVersion version = std::move(versions.back());
    versions.pop_back();
    if (store.has(Kind::tree, version.id)) {
      if (!seen.insert(version.id).second) continue;
      for (const auto& entry : store::decode_tree(store.get(Kind::tree, version.id))) {
        const std::string path = version.path + "/" + entry.name;
        if (entry.mode == store::Mode::directory)
          versions.push_back({entry.id, path});
        else
          look_for_file(entry.id, path);
      }
    } else {
      look_for_file(version.id, version.path);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace mlops::exchange
