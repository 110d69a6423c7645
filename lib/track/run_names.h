// Names for runs that were given none.
#pragma once

#include <string>

namespace mlops::track {

// "calm-heron-417": a quality, a bird, a number.
std::string invented_name();

}  // namespace mlops::track
