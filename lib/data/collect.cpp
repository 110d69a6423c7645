#include "data/collect.h"

#include "data/roots.h"
#include "data/stat_cache.h"

namespace mlops::data {

store::GcReport collect(Repository& repository, const store::GcOptions& options) {
  const auto roots = [&](const std::function<void(const Id&)>& keep) { for_each_root(repository, [&](const Root& root) { keep(root.id); }); };
  auto report = store::collect_garbage(repository.store(), roots, options);
  const fs::path cache = repository.stat_cache_file();
  if (!options.dry_run && !StatCache::check(cache).empty()) StatCache().save(cache, {});
  return report;
}

}  // namespace mlops::data
