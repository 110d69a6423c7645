// The definitions as a server sees them: read once, followed while it runs, with what was worked out for them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "feature/online_lookup.h"

namespace mlops::meta {
class Database;
}

namespace mlops::feature {

// What somebody asks for online. A service wins over references.
struct Asked {
  std::string service;
  std::vector<std::string> references;
  bool full_names = false;
};

// Thread-safe.
class Catalog {
 public:
  // The database is used under `mutex`, which everybody who uses it beside a server holds.
  Catalog(meta::Database& database, std::mutex& mutex);

  // Reads the definitions again where there are newer ones.
  void follow();
  [[nodiscard]] std::shared_ptr<const Registry> registry() const;
  // Worked out on first use and kept until the definitions change. Throws what selection throws, and Error(input) when
  // nothing is asked for.
  [[nodiscard]] std::shared_ptr<const Lookup> lookup(const Asked& asked);
  // Prometheus text: how often each status was answered, view by view.
  [[nodiscard]] std::string metrics() const;

 private:
  [[nodiscard]] std::string newest() const;
  StatusCounts* counts_of(const std::string& view);

  meta::Database& database_;
  std::mutex& database_mutex_;
  mutable std::mutex mutex_;  // guards what follows
  std::string seen_;
  std::shared_ptr<const Registry> registry_;
  std::unordered_map<std::string, std::shared_ptr<const Lookup>> lookups_;
  std::map<std::string, StatusCounts> counts_;  // never erased: lookups point into it
};

}  // namespace mlops::feature
