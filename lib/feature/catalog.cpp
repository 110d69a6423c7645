#include "feature/catalog.h"

#include <fmt/format.h>

#include "base/error.h"
#include "meta/database.h"
#include "web/metrics.h"

namespace mlops::feature {
namespace {

// Different questions whose working out is kept; clients ask few.
constexpr std::size_t k_kept = 512;

std::string key_of(const Asked& asked) {
  std::string out = asked.full_names ? "F" : "f";
  if (!asked.service.empty()) return out + "s" + asked.service;
  for (const auto& reference : asked.references) out += '\n' + reference;
  return out;
}

}  // namespace

Catalog::Catalog(meta::Database& database, std::mutex& mutex) : database_(database), database_mutex_(mutex) {
  follow();
}

std::string Catalog::newest() const {
  const auto entries = database_.list({"features", "", 1, true});
  return entries.empty() ? "none" : entries.front().id.hex();
}

void Catalog::follow() {
  std::shared_ptr<const Registry> fresh;
  std::string newest_now;
  {
    const std::lock_guard lock(database_mutex_);
    newest_now = newest();
    if (newest_now == seen_) return;
    fresh = std::make_shared<const Registry>(load_registry(database_));
  }
  const std::lock_guard lock(mutex_);
  seen_ = newest_now;
  registry_ = std::move(fresh);
  lookups_.clear();
}

std::shared_ptr<const Registry> Catalog::registry() const {
  const std::lock_guard lock(mutex_);
  return registry_;
}

StatusCounts* Catalog::counts_of(const std::string& view) { return &counts_[view]; }

std::shared_ptr<const Lookup> Catalog::lookup(const Asked& asked) {
  const std::string key = key_of(asked);
  const std::lock_guard lock(mutex_);
  if (const auto found = lookups_.find(key); found != lookups_.end()) return found->second;
  const Selection selection = asked.service.empty() ? select_references(*registry_, asked.references)
                                                    : select_service(*registry_, asked.service);
  if (selection.parts.empty()) throw input_error("no features are asked for");
  auto made = std::make_shared<const Lookup>(registry_, selection, asked.full_names,
                                             [&](const std::string& view) { return counts_of(view); });
  if (lookups_.size() >= k_kept) lookups_.clear();
  lookups_.emplace(key, made);
  return made;
}

std::string Catalog::metrics() const {
  std::string out =
      "# HELP mlops_feature_values_total Feature values answered, by status.\n"
      "# TYPE mlops_feature_values_total counter\n";
  const std::lock_guard lock(mutex_);
  for (const auto& [view, counts] : counts_)
    for (std::size_t i = 0; i < counts.counts.size(); ++i)
      fmt::format_to(std::back_inserter(out), "mlops_feature_values_total{{view=\"{}\",status=\"{}\"}} {}\n",
                     web::label_text(view), to_text(static_cast<Status>(i)),
                     counts.counts[i].load(std::memory_order_relaxed));
  return out;
}

}  // namespace mlops::feature
