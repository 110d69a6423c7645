// Where a directory remote may be, and whether it is there. Addresses of other kinds pass.
#pragma once

#include <string>

#include "data/repository.h"

namespace mlops::exchange {

// Throws Error(usage) for what looks like another kind's address without its scheme (git@host:team/store, s3:bucket),
// for a quoted ~, and for a place that is somebody's work tree, a part of it that is versioned, or a store;
// Error(state) for a directory that holds something else. The hint tells the right spelling.
void refuse_place(const data::Repository& repository, const std::string& typed);

// Throws Error(outside) where the directory is not there: what is mounted there is not, as a rule. `url` as it is kept.
void require_to_read(const std::string& url);
// The same before a push, which may make the directory itself, but no directory above it; also Error(state) where the
// directory holds something else.
void require_to_push(const std::string& url);

}  // namespace mlops::exchange
