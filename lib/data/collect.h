// gc of a repository: everything for_each_root names stays.
#pragma once

#include "data/repository.h"
#include "store/gc.h"

namespace mlops::data {

store::GcReport collect(Repository& repository, const store::GcOptions& options);

}  // namespace mlops::data
