// A partial clone (git clone --filter) has not all objects: git fetches those that are missing when it needs them, and
// libgit2 does not. What is missing there is not gone.
#pragma once

#include <git2.h>

#include <string>

namespace mlops::code {

bool is_partial(git_repository* repository);
// Throws Error(state) where `code` says that an object is missing, and a partial clone may lack it; `what` begins the
// sentence ("d.mlops of 1c2ba61").
void refuse_unfetched(git_repository* repository, int code, const std::string& what);

}  // namespace mlops::code
