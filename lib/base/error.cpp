#include "base/error.h"

#include <system_error>

namespace mlops {

Error system_error(const std::string& what, int errno_value, std::string hint) {
  return {ErrorKind::outside, what + ": " + std::generic_category().message(errno_value), std::move(hint)};
}

}  // namespace mlops
