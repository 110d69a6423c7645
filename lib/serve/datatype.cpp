#include "serve/datatype.h"

namespace mlops::serve {
namespace {

struct Row {
  std::string_view name, config;
  std::size_t width;
};

// In the order of DataType.
constexpr Row k_rows[] = {{"BOOL", "TYPE_BOOL", 1},     {"UINT8", "TYPE_UINT8", 1},   {"UINT16", "TYPE_UINT16", 2},
                          {"UINT32", "TYPE_UINT32", 4}, {"UINT64", "TYPE_UINT64", 8}, {"INT8", "TYPE_INT8", 1},
                          {"INT16", "TYPE_INT16", 2},   {"INT32", "TYPE_INT32", 4},   {"INT64", "TYPE_INT64", 8},
                          {"FP16", "TYPE_FP16", 2},     {"FP32", "TYPE_FP32", 4},     {"FP64", "TYPE_FP64", 8},
                          {"BYTES", "TYPE_STRING", 0},  {"BF16", "TYPE_BF16", 2}};

const Row& row(DataType type) { return k_rows[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view to_text(DataType type) { return row(type).name; }
std::size_t width_of(DataType type) { return row(type).width; }
std::string_view config_name(DataType type) { return row(type).config; }

std::optional<DataType> parse_datatype(std::string_view name) {
  for (std::size_t i = 0; i < std::size(k_rows); ++i)
    if (k_rows[i].name == name) return static_cast<DataType>(i);
  return std::nullopt;
}

}  // namespace mlops::serve
