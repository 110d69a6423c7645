#include "data/collect.h"

#include "data/leftovers.h"
#include "data/stat_cache.h"

namespace mlops::data {

store::GcReport collect(Repository& repository, const store::GcOptions& options, const KeepRules& rules) {
  std::vector<store::Reason> reasons;
  for (auto& one : root_classes(repository, rules))
    reasons.push_back({one.reason, [each = std::move(one.for_each)](const std::function<void(const Id&)>& keep) {
                         each([&](const Root& root) { keep(root.id); });
                       }});
  auto report = store::collect_garbage(repository.store(), reasons, options);
  if (!options.dry_run) report.files_swept += sweep_leftovers(repository);
  const fs::path cache = repository.stat_cache_file();
  if (!options.dry_run && !StatCache::check(cache).empty()) StatCache().save(cache, {});
  return report;
}

}  // namespace mlops::data
