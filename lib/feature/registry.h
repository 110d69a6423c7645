// What has been applied: the newest sealed definition of each view and service, by name; every earlier one stays in the
// store under its hash.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feature/definition.h"
#include "meta/database.h"

namespace mlops::feature {

struct Version {
  Id hash;                  // of the canonical definition
  Id record;                // of the record that applied it
  std::int64_t number = 0;  // 1, 2, … for each name
  Micros time = 0;
  std::string author;
};

struct AppliedView {
  View view;
  Version version;
};
struct AppliedService {
  Service service;
  Version version;
};

struct Registry {
  std::map<std::string, AppliedView> views;
  std::map<std::string, AppliedService> services;
  // Throw Error(input) with the nearest name.
  [[nodiscard]] const AppliedView& view(const std::string& name) const;
  [[nodiscard]] const AppliedService& service(const std::string& name) const;
};

// Throws Error(state) for a record that this program does not understand.
Registry load_registry(meta::Database& database);
// All versions of a name, newest first: hash, number, time, whether it was a removal.
struct PastVersion {
  Version version;
  bool removed = false;
};
std::vector<PastVersion> history(meta::Database& database, const std::string& name);

struct Change {
  enum class Kind { added, changed, removed } kind;
  std::string what;  // "view" or "service"
  std::string name;
  Json before, after;  // canonical definitions, null where there is none
  std::string detail;  // "+ feature trips · ttl 7d → 1d"
};

// What applying would change, views first. `definitions` are linked and checked against their sources.
std::vector<Change> plan(const Registry& registry, const Definitions& definitions);
// Seals one record for each change.
void apply(meta::Database& database, const std::vector<Change>& changes, const std::string& author);

}  // namespace mlops::feature
