// Element types of the Open Inference Protocol. https://github.com/kserve/open-inference-protocol (required types)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlops::serve {

enum class DataType : std::uint8_t {
  BOOL,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  INT8,
  INT16,
  INT32,
  INT64,
  FP16,
  FP32,
  FP64,
  BYTES,
  BF16
};

std::string_view to_text(DataType type);
std::optional<DataType> parse_datatype(std::string_view name);  // exact letters
std::size_t width_of(DataType type);                            // bytes; 0 for BYTES
// "TYPE_FP32", "TYPE_STRING": names of Triton's model configuration.
std::string_view config_name(DataType type);

}  // namespace mlops::serve
