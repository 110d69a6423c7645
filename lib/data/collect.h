// gc of a repository: what names a version keeps it.
#pragma once

#include "data/roots.h"
#include "store/gc.h"

namespace mlops::data {

store::GcReport collect(Repository& repository, const store::GcOptions& options, const KeepRules& rules = {});

}  // namespace mlops::data
