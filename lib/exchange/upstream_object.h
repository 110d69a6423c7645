// What a repository of others says of a version, held against the version itself: kind, size and number of files stand
// in its pointer, which anybody can write. Private to this module.
#pragma once

#include <string>

#include "store/store.h"

namespace mlops::exchange {

// Throws Error(input) naming `what` ("p of /srv/up") where the object, which is in the store, is of another kind, or
// has another size or number of files.
void require_as_said(const store::Store& store, const store::ObjectRef& said, const std::string& what);
// The kind alone.
void require_kind(const store::Store& store, const store::ObjectRef& said, const std::string& what);

}  // namespace mlops::exchange
