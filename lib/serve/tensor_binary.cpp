#include "serve/tensor_binary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace mlops::serve {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they are");

std::vector<std::string> read_texts(std::uint64_t count, std::string_view bytes, const std::string& input,
                                    const std::string& model) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    if (out.size() == count)
      throw input_error(
          fmt::format("unexpected number of string elements {} for inference input '{}' for model '{}', expecting {}",
                      count + 1, input, model, count));
    if (bytes.size() < 4)
      throw input_error(
          fmt::format("incomplete string length indicator for inference input '{}' for model '{}', expecting 4 bytes "
                      "but only {} bytes available",
                      input, model, bytes.size()));
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data(), 4);
    bytes.remove_prefix(4);
    if (length > bytes.size())
      throw input_error(
          fmt::format("incomplete string data for inference input '{}' for model '{}', expecting string of length {} "
                      "but only {} bytes available",
                      input, model, length, bytes.size()));
    out.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (out.size() != count)
    throw input_error(fmt::format("expected {} string elements for inference input '{}' for model '{}', got {}", count,
                                  input, model, out.size()));
  return out;
}

}  // namespace

Tensor tensor_from_binary(DataType type, const Shape& shape, std::string_view bytes, const std::string& input,
                          const std::string& model) {
  const std::uint64_t count = element_count(shape);
  Tensor out{type, shape};
  if (type == DataType::BYTES) {
    out.texts = read_texts(count, bytes, input, model);
    return out;
  }
  if (bytes.size() != count * width_of(type))
    throw input_error(fmt::format("input byte size mismatch for input '{}' for model '{}'. Expected {}, got {}", input,
                                  model, count * width_of(type), bytes.size()));
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  out.bytes.assign(first, first + bytes.size());
  if (type == DataType::BOOL &&
      std::any_of(out.bytes.begin(), out.bytes.end(), [](std::byte value) { return value > std::byte{1}; }))
    throw input_error(fmt::format("input '{}' for model '{}' has a BOOL that is neither 0 nor 1", input, model));
  return out;
}

std::size_t binary_size(const Tensor& tensor) {
  std::size_t size = tensor.bytes.size();
  for (const auto& text : tensor.texts) size += 4 + text.size();
  return size;
}

void append_binary(std::string& out, const Tensor& tensor) {
  out.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  for (const auto& text : tensor.texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    char prefix[4];
    std::memcpy(prefix, &length, 4);
    out.append(prefix, 4);
    out += text;
  }
}

}  // namespace mlops::serve
