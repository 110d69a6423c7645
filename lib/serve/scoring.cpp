#include "serve/scoring.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.h"
#include "serve/cell.h"
#include "serve/feature_inputs.h"
#include "serve/infer.h"
#include "serve/tensor_json.h"
#include "serve/wire_json.h"
#include "table/table.h"

namespace mlops::serve {
namespace {

constexpr std::array<const char*, 4> k_keys{"dataframe_split", "dataframe_records", "instances", "inputs"};

void put_json(Tensor& tensor, std::size_t at, const OrderedJson& value, std::string_view place) {
  if (value.is_boolean()) return put_boolean(tensor, at, value.get<bool>(), place);
  if (value.is_string()) return put_text(tensor, at, value.get_ref<const std::string&>(), place);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
    if (tensor.type != DataType::UINT64) return put_fraction(tensor, at, value.get<double>(), place);
    tensor.data<std::uint64_t>()[at] = value.get<std::uint64_t>();
    return;
  }
  if (value.is_number_integer()) return put_integer(tensor, at, value.get<std::int64_t>(), place);
  if (value.is_number_float()) return put_fraction(tensor, at, value.get<double>(), place);
  throw input_error(fmt::format("{}: {} is no value for a model", place, value.is_null() ? "null" : value.type_name()));
}

// The shape of arrays within arrays, read along their first elements.
Shape nested_shape(const OrderedJson& value) {
  Shape out;
  for (const OrderedJson* at = &value; at->is_array(); at = &at->front()) {
    out.push_back(static_cast<std::int64_t>(at->size()));
    if (at->empty()) break;
  }
  return out;
}

void fill(const OrderedJson& value, const Shape& shape, std::size_t depth, Tensor& out, std::size_t& at,
          const std::string& place) {
  if (depth == shape.size()) return put_json(out, at++, value, place);
  if (!value.is_array() || value.size() != static_cast<std::size_t>(shape[depth]))
    throw SchemaError(fmt::format("{} is not an array of rows of one length", place));
  for (const auto& item : value) fill(item, shape, depth + 1, out, at, place);
}

// A value a row may stand without its own brackets, one row without any.
Shape fitted(const TensorInfo& info, Shape shape, const Model& model) {
  if (!info.any_rank && shape.empty()) shape.assign(info.shape.size(), 1);
  if (!info.any_rank && shape.size() + 1 == info.shape.size() && info.shape.back() == 1) shape.push_back(1);
  try {
    check_shape(info, shape, model.name);
  } catch (const Error& error) {
    throw SchemaError(error.message());
  }
  return shape;
}

Tensor tensor_of(const OrderedJson& value, const TensorInfo& info, const Model& model) {
  const Shape given = nested_shape(value);
  const Shape shape = fitted(info, given, model);
  Tensor out = blank(info.type, given);
  std::size_t at = 0;
  fill(value, given, 0, out, at, fmt::format("input '{}'", info.name));
  out.shape = shape;
  return out;
}

std::vector<Tensor> single(const OrderedJson& value, const Model& model) {
  if (model.interface.inputs.size() != 1)
    throw SchemaError(fmt::format("the model has {} inputs: give them by name", model.interface.inputs.size()));
  std::vector<Tensor> out;
  out.push_back(tensor_of(value, model.interface.inputs.front(), model));
  return out;
}

std::vector<Tensor> by_name(const OrderedJson& object, const Model& model) {
  std::vector<Tensor> out;
  for (const auto& info : model.interface.inputs) {
    const auto found = object.find(info.name);
    if (found == object.end()) throw SchemaError(fmt::format("Model is missing inputs ['{}'].", info.name));
    out.push_back(tensor_of(*found, info, model));
  }
  return out;
}

std::string text_of(const OrderedJson& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

Frame split_frame(const OrderedJson& value) {
  if (!value.is_object() || !value.contains("data") || !value["data"].is_array())
    throw input_error("'dataframe_split' is no object with 'columns' and 'data'");
  const OrderedJson& data = value["data"];
  Frame out;
  out.rows = data.size();
  if (value.contains("columns") && value["columns"].is_array())
    for (const auto& name : value["columns"]) out.columns.push_back(text_of(name));
  else
    for (std::size_t i = 0; !data.empty() && i < data.front().size(); ++i) out.columns.push_back(std::to_string(i));
  for (const auto& row : data)
    if (!row.is_array() || row.size() != out.columns.size())
      throw input_error(fmt::format("a row of 'dataframe_split' has not {} values", out.columns.size()));
  out.put = [&data, names = out.columns](std::size_t row, std::size_t column, Tensor& tensor, std::size_t at) {
    put_json(tensor, at, data[row][column], fmt::format("column \"{}\", row {}", names[column], row + 1));
  };
  return out;
}

Frame records_frame(const OrderedJson& records, const char* key) {
  if (!records.is_array()) throw input_error(fmt::format("'{}' is no list of records", key));
  Frame out;
  out.rows = records.size();
  for (const auto& record : records)
    if (!record.is_object()) throw input_error(fmt::format("'{}' is no list of records", key));
  if (!records.empty())
    for (const auto& [name, value] : records.front().items()) out.columns.push_back(name);
  out.put = [&records, names = out.columns](std::size_t row, std::size_t column, Tensor& tensor, std::size_t at) {
    const auto found = records[row].find(names[column]);
    const std::string place = fmt::format("column \"{}\", row {}", names[column], row + 1);
    if (found == records[row].end()) throw input_error(place + " is missing");
    put_json(tensor, at, *found, place);
  };
  return out;
}

bool are_records(const OrderedJson& value) { return value.is_array() && !value.empty() && value.front().is_object(); }

std::vector<Tensor> completed(const Frame& frame, const Model& model, const FeatureInputs* features) {
  if (features == nullptr) return inputs_from_frame(frame, model);
  std::vector<std::size_t> all(model.interface.inputs.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return inputs_from_frame(features->complete(frame, model, all), model);
}

// Records whose values are scalars are rows of a table, whose values are arrays are tensors row by row.
std::vector<Tensor> records(const OrderedJson& value, const char* key, const Model& model,
                            const FeatureInputs* features) {
  const auto& first = value.front();
  const bool nested = std::any_of(first.begin(), first.end(), [](const auto& item) { return item.is_array(); });
  if (!nested) return completed(records_frame(value, key), model, features);
  OrderedJson columns = OrderedJson::object();
  for (const auto& info : model.interface.inputs) {
    OrderedJson rows = OrderedJson::array();
    for (const auto& record : value) {
      if (!record.is_object() || !record.contains(info.name))
        throw SchemaError(fmt::format("Model is missing inputs ['{}'].", info.name));
      rows.push_back(record[info.name]);
    }
    columns[info.name] = std::move(rows);
  }
  return by_name(columns, model);
}

std::vector<Tensor> named_inputs(const OrderedJson& value, const Model& model, const FeatureInputs* features) {
  const bool scalars = std::none_of(value.begin(), value.end(), [](const auto& item) { return item.is_structured(); });
  const bool tensors = std::all_of(model.interface.inputs.begin(), model.interface.inputs.end(),
                                   [&](const auto& info) { return value.contains(info.name); });
  if (tensors) return by_name(value, model);
  if (scalars) {
    const OrderedJson one = OrderedJson::array({value});
    return completed(records_frame(one, "inputs"), model, features);
  }
  // {column: [values]}
  OrderedJson rows = OrderedJson::array();
  for (const auto& [name, column] : value.items())
    for (std::size_t i = 0; i < column.size(); ++i) {
      if (!column.is_array()) throw input_error("'inputs' mixes arrays and single values");
      if (i == rows.size()) rows.push_back(OrderedJson::object());
      rows[i][name] = column[i];
    }
  return completed(records_frame(rows, "inputs"), model, features);
}

std::vector<Tensor> parse_json_body(std::string_view body, const Model& model, const FeatureInputs* features) {
  OrderedJson root;
  if (!is_utf8(body)) throw input_error("Invalid input. The body is not UTF-8.");
  try {
    root = parse_ordered_json(body);
  } catch (const Error& error) {
    throw input_error("Invalid input. Ensure that input is a valid JSON formatted string. Error: " + error.message());
  }
  const char* key = nullptr;
  int count = 0;
  for (const char* name : k_keys)
    if (root.is_object() && root.contains(name)) {
      key = name;
      ++count;
    }
  if (count != 1)
    throw input_error(
        "Invalid input. The input must be a JSON object with exactly one of the keys 'dataframe_split', "
        "'dataframe_records', 'instances', 'inputs'.");
  const OrderedJson& value = root[key];
  if (key == k_keys[0]) return completed(split_frame(value), model, features);
  if (key == k_keys[1]) return completed(records_frame(value, key), model, features);
  if (are_records(value)) return records(value, key, model, features);
  if (key == k_keys[3] && value.is_object()) return named_inputs(value, model, features);
  if (!value.is_array()) throw input_error(fmt::format("'{}' must be an array", key));
  return single(value, model);
}

void append_nested(std::string& out, std::string_view& flat, const Shape& shape, std::size_t depth);

// Takes the next value from "v,v,v]": numbers, bools or texts in quotes.
void append_value(std::string& out, std::string_view& flat) {
  std::size_t end = 0;
  if (flat.front() == '"') {
    for (end = 1; flat[end] != '"'; ++end)
      if (flat[end] == '\\') ++end;
    ++end;
  } else {
    end = flat.find_first_of(",]");
  }
  out += flat.substr(0, end);
  flat.remove_prefix(end + 1);
}

void append_nested(std::string& out, std::string_view& flat, const Shape& shape, std::size_t depth) {
  if (depth == shape.size()) return append_value(out, flat);
  out.push_back('[');
  for (std::int64_t i = 0; i < shape[depth]; ++i) {
    if (i > 0) out.push_back(',');
    append_nested(out, flat, shape, depth + 1);
  }
  out.push_back(']');
}

}  // namespace

std::vector<Tensor> parse_scoring(std::string_view media_type, std::string_view body, const Model& model,
                                  const FeatureInputs* features) {
  if (media_type == "application/json") return parse_json_body(body, model, features);
  const bool csv = media_type == "text/csv";
  table::ReadOptions options;
  options.format = csv ? table::Format::csv : table::Format::parquet;
  options.limits.rows = 10'000'000;
  const auto source = table::memory_source(body, csv ? "the body (CSV)" : "the body (Parquet)");
  const table::Table table = table::read_table(*source, options);
  return completed(frame_of(table), model, features);
}

std::string write_predictions(const Model& model, const std::vector<Tensor>& outputs) {
  std::string out = "{\"predictions\":{";
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_text(out, model.interface.outputs[i].name);
    out.push_back(':');
    std::string flat;
    append_values(flat, outputs[i], model.interface.outputs[i].name);
    std::string_view rest = std::string_view(flat).substr(1);
    append_nested(out, rest, outputs[i].shape, 0);
  }
  return out + "}}";
}

}  // namespace mlops::serve
