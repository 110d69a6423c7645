#include "register/onnx_types.h"

#include <iterator>

#include "register/protobuf_wire.h"

namespace mlops::registry {
namespace {

std::int64_t read_dimension(std::string_view bytes) {
  std::int64_t size = -1;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number == 1) size = field.integer();
    if (field.number == 2) size = -1;  // a name: any size
  }
  return size < 0 ? -1 : size;
}

Json read_shape(std::string_view bytes) {
  Json shape = Json::array();
  WireField field;
  for (WireReader in(bytes); in.next(field);)
    if (field.number == 1) shape.push_back(read_dimension(field.message()));
  return shape;
}

// TypeProto.Tensor: 1 element type, 2 shape.
void read_tensor_type(std::string_view bytes, OnnxValue& out) {
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number == 1) out.element = field.integer();
    if (field.number == 2) {
      out.shape = read_shape(field.message());
      out.any_rank = false;
    }
  }
}

void read_type(std::string_view bytes, OnnxValue& out, int nesting);

// TypeProto.Sequence: 1 element type. TypeProto.Map: 1 key type, 2 value type.
void read_sequence(std::string_view bytes, OnnxValue& out, int nesting) {
  out.other = "a sequence";
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number != 1) continue;
    OnnxValue item;
    read_type(field.message(), item, nesting);
    out.sequence_of_maps = item.other == "a map";
    out.element = item.element;
  }
}

void read_map(std::string_view bytes, OnnxValue& out, int nesting) {
  out.other = "a map";
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number != 2) continue;
    OnnxValue value;
    read_type(field.message(), value, nesting);
    out.element = value.element;
  }
}

void read_type(std::string_view bytes, OnnxValue& out, int nesting) {
  if (nesting == 0) throw WireFault("its types are nested too deep");
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 1:
        read_tensor_type(field.message(), out);
        break;
      case 4:
        read_sequence(field.message(), out, nesting - 1);
        break;
      case 5:
        read_map(field.message(), out, nesting - 1);
        break;
      case 8:
        out.other = "a sparse tensor";
        break;
      case 9:
        out.other = "an optional value";
        break;
      case 7:
        out.other = "an opaque value";
        break;
      default:
        break;  // 6: what the type means to people
    }
  }
}

}  // namespace

OnnxElement onnx_element(std::int64_t data_type) {
  static constexpr OnnxElement k_elements[] = {
      {nullptr, 0}, {"FP32", 4},   {"UINT8", 1}, {"INT8", 1},  {"UINT16", 2}, {"INT16", 2},  {"INT32", 4},
      {"INT64", 8}, {"BYTES", 0},  {"BOOL", 1},  {"FP16", 2},  {"FP64", 8},   {"UINT32", 4}, {"UINT64", 8},
      {nullptr, 8}, {nullptr, 16}, {"BF16", 2},  {nullptr, 1}, {nullptr, 1},  {nullptr, 1},  {nullptr, 1}};
  if (data_type < 0 || data_type >= static_cast<std::int64_t>(std::size(k_elements))) return {nullptr, 0};
  return k_elements[data_type];
}

OnnxValue read_value_info(std::string_view bytes, int nesting) {
  OnnxValue out;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number == 1) out.name = field.message();
    if (field.number == 2) read_type(field.message(), out, nesting);
  }
  return out;
}

}  // namespace mlops::registry
