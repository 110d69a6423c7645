// Taking data from where somebody else keeps it: another repository, a URL, a bucket, a path. Everything goes through a
// store first, hashed, and into its place only when it is whole.
#pragma once

#include <optional>
#include <string>

#include "data/repository.h"
#include "exchange/download.h"
#include "exchange/origin.h"

namespace mlops::exchange {

struct ImportOptions {
  DownloadOptions download;
  std::string sha256;  // what the file must be, "" = whatever it is
};

struct Imported {
  store::ObjectRef object;
  Origin origin;  // as it is now
};

// Brings the origin's present state into the repository's store. nullopt where its etag or commit tells that it is the
// one that `origin` names already. Throws Error(input) where there is nothing of the kind, and where it is not what
// `sha256` says.
std::optional<Imported> fetch_origin(data::Repository& repository, const Origin& origin, const ImportOptions& options);

}  // namespace mlops::exchange
