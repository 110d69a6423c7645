#include "serve/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace mlops::serve {

std::uint64_t element_count(const Shape& shape) {
  constexpr std::uint64_t k_limit = std::uint64_t{1} << 59;  // times 8 bytes: still an int64
  std::uint64_t product = 1;
  for (const auto size : shape)
    if (size == 0) return 0;
  for (const auto size : shape) {
    if (size < 0 || product > k_limit / static_cast<std::uint64_t>(size))
      throw input_error(fmt::format("the shape {} is impossible", to_text(shape)));
    product *= static_cast<std::uint64_t>(size);
  }
  return product;
}

std::string to_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

}  // namespace mlops::serve
