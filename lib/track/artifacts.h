// Artifacts: names looked up in the tables and in trees of the store, never joined to a folder of this machine.
//   EXPERIMENT/RUN/artifacts/…, EXPERIMENT/models/m-ID/artifacts/…   what clients put there
//   registry/NAME/NUMBER/…                                            a model version's files; read only
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/store.h"
#include "track/service.h"

namespace mlops::track {

struct FoundArtifact {
  bool directory = false;
  Id file{};
  std::uint64_t size = 0;
  bool inlined = false;
};

struct ListedArtifact {
  std::string name;
  bool directory = false;
  std::uint64_t size = 0;
};

// `path` is one that artifact_path (keys.h) has passed; "" is the root.
std::optional<FoundArtifact> find_artifact(Service& service, meta::TrackingTables& tables, const std::string& path);
// By name; nothing for a file and for what is not there.
std::vector<ListedArtifact> list_artifacts(Service& service, meta::TrackingTables& tables, const std::string& path);
// In a write. Throw ApiError(400): a directory is there, or a file where a directory would have to be; a read-only
// place.
void put_artifact(Service& service, meta::TrackingTables& tables, const std::string& path, const store::ObjectRef& file,
                  std::optional<std::string_view> bytes);
void remove_artifact(Service& service, meta::TrackingTables& tables, const std::string& path);

// The version that a path is now: a file or a tree, empty where nothing is there. What lay in rows is put through the
// writer.
struct SealedArtifacts {
  store::ObjectRef object;
  std::vector<std::pair<std::string, Id>> inlined;  // rows whose bytes the writer has now
};
SealedArtifacts seal_artifacts(Service& service, store::Writer& writer, meta::TrackingTables& tables,
                               const std::string& path);

}  // namespace mlops::track
