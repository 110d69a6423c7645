// Small ONNX models as bytes, also ones that no exporter would write: a protobuf writer and the fields of onnx.proto.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

namespace onnx {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
inline std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}
inline std::string bytes(int field, const std::string& value) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(value.size()) + value;
}

enum Type { f32 = 1, i64 = 7, text = 8, boolean = 9, f16 = 10, f64 = 11 };

inline std::string tensor_type(Type type, std::initializer_list<std::int64_t> shape) {
  std::string dims;
  for (const auto dim : shape) dims += bytes(1, dim < 0 ? bytes(2, "N") : number(1, static_cast<std::uint64_t>(dim)));
  return bytes(1, number(1, type) + bytes(2, dims));
}
inline std::string value(const std::string& name, const std::string& type) { return bytes(1, name) + bytes(2, type); }
inline std::string value(const std::string& name, Type type, std::initializer_list<std::int64_t> shape) {
  return value(name, tensor_type(type, shape));
}

inline std::string tensor(const std::string& name, std::initializer_list<std::int64_t> dims,
                          const std::vector<float>& data) {
  std::string out;
  for (const auto dim : dims) out += number(1, static_cast<std::uint64_t>(dim));
  std::string raw(data.size() * 4, '\0');
  if (!data.empty()) std::memcpy(raw.data(), data.data(), raw.size());
  return out + number(2, f32) + bytes(8, name) + bytes(9, raw);
}
// A tensor whose bytes are in a file.
inline std::string external_tensor(const std::string& name, const std::string& file) {
  return number(1, 1) + number(2, f32) + bytes(8, name) + bytes(13, bytes(1, "location") + bytes(2, file)) +
         number(14, 1);
}

inline std::string node(const std::string& operation, std::initializer_list<const char*> inputs,
                        std::initializer_list<const char*> outputs, const std::string& domain = "",
                        std::initializer_list<std::string> attributes = {}) {
  std::string out;
  for (const auto* name : inputs) out += bytes(1, name);
  for (const auto* name : outputs) out += bytes(2, name);
  out += bytes(4, operation);
  for (const auto& attribute : attributes) out += bytes(5, attribute);
  return domain.empty() ? out : out + bytes(7, domain);
}
inline std::string attribute(const std::string& name, int field, int type, const std::string& value) {
  return bytes(1, name) + bytes(field, value) + number(20, static_cast<std::uint64_t>(type));
}

struct Graph {
  std::vector<std::string> nodes, inputs, outputs, initializers, sparse_initializers;
  [[nodiscard]] std::string encode() const {
    std::string out;
    for (const auto& part : nodes) out += bytes(1, part);
    out += bytes(2, "g");
    for (const auto& part : initializers) out += bytes(5, part);
    for (const auto& part : sparse_initializers) out += bytes(15, part);
    for (const auto& part : inputs) out += bytes(11, part);
    for (const auto& part : outputs) out += bytes(12, part);
    return out;
  }
};

inline std::string opset(const std::string& domain, std::uint64_t version) {
  return bytes(8, bytes(1, domain) + number(2, version));
}
inline std::string model(const Graph& graph, const std::string& more = {}) {
  return number(1, 8) + bytes(2, "test") + opset("", 17) + opset("ai.onnx.ml", 3) + bytes(7, graph.encode()) + more;
}

// Y = X, both [N, 4].
inline Graph identity_graph(Type type = f32) {
  return {{node("Identity", {"X"}, {"Y"})}, {value("X", type, {-1, 4})}, {value("Y", type, {-1, 4})}, {}, {}};
}

}  // namespace onnx
