// From the body of an infer request to tensors in the model's order.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "serve/cell.h"
#include "serve/feature_inputs.h"
#include "serve/infer.h"
#include "serve/tensor_binary.h"
#include "serve/tensor_json.h"
#include "serve/wire_json.h"

namespace mlops::serve {
namespace {

Error unable(const char* field, const std::string& why) {
  return input_error(fmt::format("Unable to parse '{}': {}", field, why));
}

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& object, const char* key) {
  const Json* value = member(object, key);
  if (value == nullptr) throw unable(key, "it is missing");
  if (!value->is_string()) throw unable(key, "attempt to access JSON non-string as string");
  return value->get<std::string>();
}

bool bool_of(const Json& value, const char* key) {
  if (!value.is_boolean()) throw unable(key, "attempt to access JSON non-boolean as boolean");
  return value.get<bool>();
}

std::uint64_t natural_of(const Json& value, const char* key) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    throw unable(key, "attempt to access JSON non-unsigned-integer as unsigned-integer");
  return value.get<std::uint64_t>();
}

// The parameters of the request, an input or an output: an object, or absent.
const Json& parameters_of(const Json& object) {
  static const Json k_none = Json::object();
  const Json* value = member(object, "parameters");
  if (value == nullptr) return k_none;
  if (!value->is_object()) throw unable("parameters", "attempt to access JSON non-object as object");
  return *value;
}

void check_parameters(const Json& parameters) {
  for (const auto& [key, value] : parameters.items()) {
    if (key.starts_with("triton_"))
      throw input_error(
          "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified.");
    if (value.is_structured() || value.is_null() || value.is_binary())
      throw unable("parameters", fmt::format("the value of '{}' is neither bool, number nor text", key));
    if (key == "priority" || key == "timeout") (void)natural_of(value, key.c_str());
    if (key == "sequence_start" || key == "sequence_end" || key == "binary_data_output")
      (void)bool_of(value, key.c_str());
    if (key == "sequence_id" && !value.is_string()) (void)natural_of(value, key.c_str());
  }
}

Shape shape_of(const Json& input) {
  const Json* value = member(input, "shape");
  if (value == nullptr) throw unable("shape", "it is missing");
  if (!value->is_array()) throw unable("shape", "attempt to access JSON non-array as array");
  Shape out;
  for (const auto& size : *value) {
    const std::uint64_t dimension = natural_of(size, "shape");
    if (dimension > INT64_MAX) throw unable("shape", "a dimension is too large");
    out.push_back(static_cast<std::int64_t>(dimension));
  }
  return out;
}

// Cuts the tail of binary tensors from the body, input by input.
class BinaryTail {
 public:
  BinaryTail(std::string_view bytes, bool present) : rest_(bytes), present_(present) {}

  std::string_view take(const Json& declared, const std::string& input, const std::string& model) {
    if (!present_)
      throw input_error(
          "must specify valid 'Inference-Header-Content-Length' in request header and 'binary_data_size' when passing "
          "inputs in binary data format");
    const std::uint64_t size = natural_of(declared, "binary_data_size");
    if (size > rest_.size())
      throw input_error(fmt::format("unexpected size for input '{}', expecting {} additional bytes for model '{}'",
                                    input, size - rest_.size(), model));
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  void check_end(const std::string& input, const std::string& model) const {
    if (!rest_.empty())
      throw input_error(fmt::format("unexpected additional input data for model '{}' after input '{}': {} bytes", model,
                                    input, rest_.size()));
  }

 private:
  std::string_view rest_;
  bool present_;
};

DataType datatype_of(const Json& input, const TensorInfo& info, const std::string& model) {
  const std::string name = text_member(input, "datatype");
  const auto type = parse_datatype(name);
  if (!type) throw input_error(fmt::format("invalid datatype for input {}", info.name));
  if (*type != info.type)
    throw input_error(fmt::format("inference input '{}' data-type is '{}', but model '{}' expects '{}'", info.name,
                                  name, model, to_text(info.type)));
  return *type;
}

Tensor read_input(WireDocument& document, const Json& input, const TensorInfo& info, BinaryTail& tail,
                  const std::string& model) {
  const Shape shape = shape_of(input);
  const DataType type = datatype_of(input, info, model);
  const Json& parameters = parameters_of(input);
  if (parameters.contains("shared_memory_region"))
    throw input_error(fmt::format("input '{}' names shared memory, which this server does not support", info.name));
  const Json* binary = member(parameters, "binary_data_size");
  const Json* data = member(input, "data");
  if ((binary != nullptr) == (data != nullptr))
    throw input_error(
        fmt::format("Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters'. But "
                    "{} set for input '{}'",
                    data != nullptr ? "both were" : "no field was", info.name));
  if (binary != nullptr) {
    const std::string_view bytes = tail.take(*binary, info.name, model);
    Tensor out = tensor_from_binary(type, shape, bytes, info.name, model);
    check_shape(info, shape, model);
    return out;
  }
  FlatValues* values = flattened(document, *data);
  if (values == nullptr) throw unable("data", "attempt to access JSON non-array as array");
  check_shape(info, shape, model);
  return tensor_from_values(type, shape, *values, info.name);
}

// Inputs that are none of the model's: keys and features, a value a row.
struct Column {
  std::string name;
  Tensor tensor;
};

Column read_column(WireDocument& document, const Json& input, const std::string& name, BinaryTail& tail,
                   const std::string& model) {
  const std::string type_name = text_member(input, "datatype");
  const auto type = parse_datatype(type_name);
  if (!type) throw input_error(fmt::format("invalid datatype for input {}", name));
  TensorInfo info{name, *type};
  info.any_rank = true;
  Column out{name, read_input(document, input, info, tail, model)};
  const Shape& shape = out.tensor.shape;
  if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1))
    throw input_error(fmt::format("unexpected shape for input '{}' for model '{}'. Expected [-1], got {}. ", name,
                                  model, to_text(shape)));
  return out;
}

template <typename T>
double real_at(const Tensor& tensor, std::size_t at) {
  return static_cast<double>(tensor.data<T>()[at]);
}

void copy_cell(const Column& from, std::size_t row, Tensor& to, std::size_t at) {
  const std::string place = fmt::format("input '{}', row {}", from.name, row + 1);
  const Tensor& tensor = from.tensor;
  const auto integer = [&](auto value) { put_integer(to, at, static_cast<std::int64_t>(value), place); };
  switch (tensor.type) {
    case DataType::BYTES:
      return put_text(to, at, tensor.texts[row], place);
    case DataType::BOOL:
      return put_boolean(to, at, tensor.bytes[row] != std::byte{0}, place);
    case DataType::FP32:
      return put_fraction(to, at, real_at<float>(tensor, row), place);
    case DataType::FP64:
      return put_fraction(to, at, real_at<double>(tensor, row), place);
    case DataType::INT8:
      return integer(tensor.data<std::int8_t>()[row]);
    case DataType::INT16:
      return integer(tensor.data<std::int16_t>()[row]);
    case DataType::INT32:
      return integer(tensor.data<std::int32_t>()[row]);
    case DataType::INT64:
      return integer(tensor.data<std::int64_t>()[row]);
    case DataType::UINT8:
      return integer(tensor.data<std::uint8_t>()[row]);
    case DataType::UINT16:
      return integer(tensor.data<std::uint16_t>()[row]);
    case DataType::UINT32:
      return integer(tensor.data<std::uint32_t>()[row]);
    default:
      throw input_error(fmt::format("{}: {} is no type of a key or feature", place, to_text(tensor.type)));
  }
}

// What the caller left out, from the features of the entities that it named.
void complete(std::vector<std::optional<Tensor>>& found, const std::vector<Column>& columns, const Model& model,
              const FeatureInputs& features) {
  Frame frame;
  frame.rows = static_cast<std::size_t>(columns.front().tensor.shape.front());
  for (const auto& column : columns) {
    if (static_cast<std::size_t>(column.tensor.shape.front()) != frame.rows)
      throw input_error(fmt::format("input '{}' has {} rows and input '{}' {}", column.name,
                                    column.tensor.shape.front(), columns.front().name, frame.rows));
    frame.columns.push_back(column.name);
  }
  frame.put = [&](std::size_t row, std::size_t column, Tensor& tensor, std::size_t at) {
    copy_cell(columns[column], row, tensor, at);
  };
  std::vector<std::size_t> needed;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i]) needed.push_back(i);
  const Frame full = features.complete(frame, model, needed);
  for (const auto i : needed) found[i] = input_from_frame(full, model, i);
}

// A column of one of the model's inputs, as its signature names it: what is no feature comes with the request.
bool names_column(const Model& model, const std::string& name) {
  return std::any_of(model.interface.inputs.begin(), model.interface.inputs.end(), [&](const auto& input) {
    const auto columns = model.has_column_names(input) ? model.columns(input) : std::vector<std::string>{};
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  });
}

std::vector<Tensor> read_inputs(WireDocument& document, BinaryTail& tail, const Model& model,
                                const FeatureInputs* features) {
  const Json* inputs = member(document.root, "inputs");
  if (inputs == nullptr) throw unable("inputs", "it is missing");
  if (!inputs->is_array()) throw unable("inputs", "attempt to access JSON non-array as array");
  std::vector<std::optional<Tensor>> found(model.interface.inputs.size());
  std::vector<Column> columns;
  std::string last;
  for (const Json& input : *inputs) {
    if (!input.is_object()) throw unable("inputs", "attempt to access JSON non-object as object");
    last = text_member(input, "name");
    const auto index = model.input(last);
    if (!index && features != nullptr && (features->knows(last) || names_column(model, last))) {
      columns.push_back(read_column(document, input, last, tail, model.name));
      continue;
    }
    if (!index) throw input_error(fmt::format("unexpected inference input '{}' for model '{}'", last, model.name));
    if (found[*index]) throw input_error(fmt::format("input '{}' already exists in request", last));
    found[*index] = read_input(document, input, model.interface.inputs[*index], tail, model.name);
  }
  if (!columns.empty()) complete(found, columns, model, *features);
  std::vector<std::string> missing, got;
  for (std::size_t i = 0; i < found.size(); ++i)
    (found[i] ? got : missing).push_back(fmt::format("'{}'", model.interface.inputs[i].name));
  if (!missing.empty())
    throw input_error(fmt::format(
        "expected {} inputs but got {} inputs for model '{}'. Got input(s) [{}], but missing required input(s) [{}]. "
        "Please provide all required input(s).",
        found.size(), got.size(), model.name, fmt::join(got, ","), fmt::join(missing, ",")));
  tail.check_end(last, model.name);
  std::vector<Tensor> out;
  for (auto& tensor : found) out.push_back(std::move(*tensor));
  return out;
}

WantedOutput read_output(const Json& output, bool binary, const Model& model) {
  if (!output.is_object()) throw unable("outputs", "attempt to access JSON non-object as object");
  const std::string name = text_member(output, "name");
  const auto index = model.output(name);
  if (!index) throw input_error(fmt::format("unexpected inference output '{}' for model '{}'", name, model.name));
  WantedOutput out{*index, binary};
  const Json& parameters = parameters_of(output);
  if (parameters.contains("shared_memory_region"))
    throw input_error(fmt::format("output '{}' names shared memory, which this server does not support", name));
  if (const Json* value = member(parameters, "binary_data")) out.binary = bool_of(*value, "binary_data");
  if (const Json* value = member(parameters, "classification")) out.classes = natural_of(*value, "classification");
  return out;
}

std::vector<WantedOutput> read_outputs(const Json& root, const Model& model) {
  const Json* preference = member(parameters_of(root), "binary_data_output");
  const bool binary = preference != nullptr && preference->get<bool>();
  std::vector<WantedOutput> out;
  const Json* outputs = member(root, "outputs");
  if (outputs != nullptr && !outputs->is_array()) throw unable("outputs", "attempt to access JSON non-array as array");
  if (outputs != nullptr)
    for (const Json& output : *outputs) {
      const WantedOutput wanted = read_output(output, binary, model);
      if (std::none_of(out.begin(), out.end(), [&](const auto& other) { return other.index == wanted.index; }))
        out.push_back(wanted);
    }
  if (out.empty())
    for (std::size_t i = 0; i < model.interface.outputs.size(); ++i) out.push_back({i, binary});
  return out;
}

// Length of the JSON in front of the binary tensors.
std::size_t json_length(std::string_view body, std::optional<std::string_view> header) {
  if (!header) return body.size();
  const std::string_view text = trim(*header);
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length == 0 || length > body.size())
    throw input_error(fmt::format("inference header size should be in range (0, {}), got: {}", body.size(),
                                  printable(text.substr(0, 40))));
  return length;
}

void read_id(const Json& root, InferCall& call) {
  const Json* id = member(root, "id");
  if (id == nullptr) return;
  if (!id->is_string()) throw unable("id", "attempt to access JSON non-string as string");
  call.id = id->get<std::string>();
  if (call.id.size() > 1024) throw unable("id", "it is longer than 1024 bytes");
  call.has_id = true;
}

}  // namespace

void check_shape(const TensorInfo& info, const Shape& shape, const std::string& model) {
  if (info.any_rank) return;
  bool fits = shape.size() == info.shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = info.shape[i] < 0 || info.shape[i] == shape[i];
  if (!fits)
    throw input_error(fmt::format("unexpected shape for input '{}' for model '{}'. Expected {}, got {}. ", info.name,
                                  model, to_text(info.shape), to_text(shape)));
}

void parse_infer(std::string_view body, std::optional<std::string_view> header_length, const Model& model,
                 InferCall& call, const FeatureInputs* features) {
  const std::size_t length = json_length(body, header_length);
  WireDocument document;
  try {
    document = parse_wire_json(body.substr(0, length), Flatten::infer_data);
  } catch (const Error& error) {
    throw input_error("failed to parse the request JSON buffer: " + error.message());
  }
  if (!document.root.is_object())
    throw input_error("failed to parse the request JSON buffer: The document is not an object. at 0");
  read_id(document.root, call);
  check_parameters(parameters_of(document.root));
  BinaryTail tail(body.substr(length), header_length.has_value());
  call.outputs = read_outputs(document.root, model);
  call.inputs = read_inputs(document, tail, model, features);
}

}  // namespace mlops::serve
