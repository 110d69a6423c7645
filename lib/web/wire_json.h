// JSON as it comes over the wire: NaN and Infinity stand bare, integers are exact to 64 bits, the first of two equal
// keys wins, nesting is limited and costs no stack. Arrays of numbers go past the document, into flat columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mlops::web {

// The scalars of an array nested to any depth, in order.
class FlatValues {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, natural, fraction, text };  // natural: above INT64_MAX

  void add(Kind kind, std::uint64_t bits) {
    kinds_.push_back(kind);
    bits_.push_back(bits);
  }
  void add(std::string text) {
    add(Kind::text, texts_.size());
    texts_.push_back(std::move(text));
  }
  [[nodiscard]] std::size_t size() const { return kinds_.size(); }
  [[nodiscard]] Kind kind(std::size_t i) const { return kinds_[i]; }
  [[nodiscard]] std::uint64_t bits(std::size_t i) const { return bits_[i]; }  // of the integer or the double
  [[nodiscard]] std::string& text(std::size_t i) { return texts_[bits_[i]]; }

 private:
  std::vector<Kind> kinds_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::string> texts_;
};

struct WireDocument {
  Json root;
  std::vector<FlatValues> arrays;
};

enum class Flatten { nothing, infer_data };  // infer_data: the arrays at inputs[*].data

// Keeps the order of an object's members, for columns without names to match. Few members: looking one up is linear.
using OrderedJson = nlohmann::ordered_json;

// Throws Error(input): "Invalid value. at 12". In `root` a flattened array is a binary value; `flattened` finds it.
WireDocument parse_wire_json(std::string_view text, Flatten flatten);
FlatValues* flattened(WireDocument& document, const Json& value);
OrderedJson parse_ordered_json(std::string_view text);

// JSON text with NaN and infinities bare, for the way out.
std::string wire_json(const Json& value);
void append_number(std::string& out, double value);
void append_number(std::string& out, float value);          // shortest text that reads back as the same float
void append_text(std::string& out, std::string_view text);  // in quotes; invalid UTF-8 becomes U+FFFD

}  // namespace mlops::web
