// The versions that a revision itself names, without its history.
#pragma once

#include <functional>
#include <string>

#include "base/hash.h"
#include "data/repository.h"

namespace mlops::data {

// Every id in the pointers and lock files of a git revision; nothing where there is no such revision.
void for_each_commit_root(const Repository& repository, const std::string& revision,
                          const std::function<void(const Id&)>& visit);

}  // namespace mlops::data
