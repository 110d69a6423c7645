#include "exchange/trees.h"

#include <algorithm>

#include "exchange/look_again.h"
#include "exchange/remotes.h"
#include "store/remote/fetch.h"

namespace mlops::exchange {

std::string fetch_trees(data::Repository& repository, const std::vector<Id>& versions, const std::stop_token& stop) {
  const auto all = remotes(repository);
  const auto named = std::find_if(all.begin(), all.end(), [](const NamedRemote& one) { return one.is_default; });
  if (named == all.end() || !agreed(named->url)) return "";
  store::TransferOptions options;
  options.stop = stop;
  std::vector<store::Wanted> wanted;
  for (const auto& id : versions) wanted.push_back({id, "", "", true});
  return look_again([&] {
    const auto remote = open_remote(*named, stop);
    const store::Catalogue catalogue(*remote, cache_of(repository, *named) / "indexes");
    store::fetch_objects(repository.store(), *remote, catalogue, wanted, options);
    return named->name;
  });
}

}  // namespace mlops::exchange
