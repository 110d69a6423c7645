#include "register/onnx_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "register/protobuf_wire.h"

namespace mlops::registry {
namespace {

constexpr int k_call_depth = 64;

const char* const k_external =
    "it stores data in other files, which a server does not read; save it as one file "
    "(onnx.save(model, path, save_as_external_data=False))";

bool known_domain(std::string_view domain) {
  static constexpr std::array<std::string_view, 6> k_domains{
      "", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.training", "com.microsoft"};
  return std::find(k_domains.begin(), k_domains.end(), domain) != k_domains.end();
}

std::string function_key(std::string_view domain, std::string_view name) {
  return fmt::format("{}\n{}", domain == "ai.onnx" ? "" : domain, name);
}

// Elements of a tensor; throws when a dimension is negative or the whole, at `width` bytes an element, is over `limit`.
std::uint64_t elements(const std::vector<std::int64_t>& dims, std::uint64_t width, std::uint64_t limit) {
  std::uint64_t product = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0) throw WireFault("a tensor in it has a negative dimension");
    if (dim == 0) return 0;
    if (product > limit / width / static_cast<std::uint64_t>(dim))
      throw WireFault(fmt::format("a tensor in it is larger than {}", show_size(limit)));
    product *= static_cast<std::uint64_t>(dim);
  }
  return product;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

void OnnxWalk::model(std::string_view bytes) {
  collect_function_domains(bytes);
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 1:
        ir_version = field.integer();
        break;
      case 2:
        producer = field.message();
        break;
      case 3:
        producer_version = field.message();
        break;
      case 7:
        graph(field.message(), main_, 1);
        break;
      case 20:
        training(field.message());
        break;
      case 25:
        function(field.message());
        break;
      default:
        break;
    }
  }
  nodes = expanded(main_, 0);
  if (nodes > limits_.nodes) throw WireFault(fmt::format("it has more than {} operators", show_count(limits_.nodes)));
}

void OnnxWalk::collect_function_domains(std::string_view bytes) {
  WireField field, inner;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number != 25) continue;
    for (WireReader of(field.message()); of.next(inner);)
      if (inner.number == 10) function_domains_.emplace(inner.message());
  }
}

// TrainingInfoProto: no runtime of ours looks at its graphs, but they are bytes of the same kind.
void OnnxWalk::training(std::string_view bytes) {
  WireField field;
  Body unused;
  for (WireReader in(bytes); in.next(field);)
    if (field.number == 1 || field.number == 2) graph(field.message(), unused, 2);
}

void OnnxWalk::function(std::string_view bytes) {
  std::string_view name, domain;
  Body body;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 1:
        name = field.message();
        break;
      case 7:
        (void)node(field.message(), body, 1);
        break;
      case 10:
        domain = field.message();
        break;
      case 11: {
        Node owner;
        attribute(field.message(), owner, body, 1);
        break;
      }
      default:
        break;
    }
  }
  // Overloads of one name count together: an upper bound.
  Body& all = functions_[function_key(domain, name)];
  all.nodes += body.nodes;
  all.calls.insert(all.calls.end(), body.calls.begin(), body.calls.end());
}

void OnnxWalk::graph(std::string_view bytes, Body& body, int depth) {
  if (depth > limits_.nesting) throw WireFault(fmt::format("its graphs are nested deeper than {}", limits_.nesting));
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number == 1) {
      const Node made = node(field.message(), body, depth);
      if (depth == 1 && made.operation == "ZipMap" && !made.outputs.empty())
        zipmap_labels[std::string(made.outputs.front())] = made.labels;
    } else if (field.number == 5 || field.number == 15) {
      std::string name = field.number == 5 ? tensor(field.message()) : sparse_tensor(field.message());
      if (depth == 1) initializers.insert(std::move(name));
    } else if (depth == 1 && (field.number == 11 || field.number == 12)) {
      (field.number == 11 ? inputs : outputs).push_back(read_value_info(field.message(), limits_.nesting));
    }
  }
}

OnnxWalk::Node OnnxWalk::node(std::string_view bytes, Body& body, int depth) {
  if (++body.nodes > limits_.nodes)
    throw WireFault(fmt::format("it has more than {} operators", show_count(limits_.nodes)));
  Node out;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 2:
        out.outputs.push_back(field.message());
        break;
      case 4:
        out.operation = field.message();
        break;
      case 5:
        attribute(field.message(), out, body, depth);
        break;
      case 7:
        out.domain = field.message();
        break;
      default:
        break;
    }
  }
  check_operator(out, body);
  return out;
}

void OnnxWalk::attribute(std::string_view bytes, Node& node, Body& body, int depth) {
  std::string_view name;
  Json texts = Json::array(), integers = Json::array();
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 1:
        name = field.message();
        break;
      case 5:
      case 10:
        (void)tensor(field.message());
        break;
      case 6:
      case 11:
        graph(field.message(), body, depth + 1);
        break;
      case 22:
      case 23:
        (void)sparse_tensor(field.message());
        break;
      case 8:
        if (name == "classlabels_int64s")
          WireReader::integers(field, [&](std::int64_t value) { integers.push_back(value); });
        break;
      case 9:
        if (name == "classlabels_strings") texts.push_back(to_utf8(field.message()));
        break;
      default:
        break;
    }
  }
  if (!texts.empty()) node.labels = std::move(texts);
  if (!integers.empty()) node.labels = std::move(integers);
}

void OnnxWalk::check_operator(const Node& node, Body& body) const {
  // It names a compiled blob of some accelerator, often in a file.
  if (node.domain == "com.microsoft" && node.operation == "EPContext")
    throw WireFault("it holds a graph compiled for one accelerator (operator EPContext)");
  const bool in_model =
      function_domains_.count(node.domain) > 0 || (node.domain == "ai.onnx" && function_domains_.count("") > 0);
  if (in_model) body.calls.push_back(function_key(node.domain, node.operation));
  if (!in_model && !known_domain(node.domain))
    throw WireFault(fmt::format("it needs the custom operator \"{}\" of \"{}\"",
                                printable(node.operation.substr(0, 100)), printable(node.domain.substr(0, 100))));
}

// Returns its name.
std::string OnnxWalk::tensor(std::string_view bytes) {
  if (++tensors > limits_.tensors)
    throw WireFault(fmt::format("it has more than {} tensors", show_count(limits_.tensors)));
  std::vector<std::int64_t> dims;
  std::int64_t type = 0;
  std::string_view name, raw;
  bool has_raw = false;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    switch (field.number) {
      case 1:
        WireReader::integers(field, [&](std::int64_t dim) { dims.push_back(dim); });
        break;
      case 2:
        type = field.integer();
        break;
      case 3:
        throw WireFault("a tensor in it is a segment of another");
      case 8:
        name = field.message();
        break;
      case 9:
        raw = field.message();
        has_raw = true;
        break;
      case 13:
        throw WireFault(k_external);
      case 14:
        if (field.integer() != 0) throw WireFault(k_external);
        break;
      default:
        break;
    }
  }
  const std::uint64_t width = onnx_element(type).width;
  const std::uint64_t count = elements(dims, std::max<std::uint64_t>(width, 1), limits_.tensor_bytes);
  if (has_raw && width > 0 && raw.size() != count * width)
    throw WireFault("a tensor in it has another size than its shape says");
  return std::string(name);
}

std::string OnnxWalk::sparse_tensor(std::string_view bytes) {
  std::vector<std::int64_t> dims;
  std::string name;
  WireField field;
  for (WireReader in(bytes); in.next(field);) {
    if (field.number == 1) name = tensor(field.message());
    if (field.number == 2) (void)tensor(field.message());
    if (field.number == 3) WireReader::integers(field, [&](std::int64_t dim) { dims.push_back(dim); });
  }
  (void)elements(dims, 8, limits_.tensor_bytes);  // runtimes make it dense
  return name;
}

// Functions are copied into their callers: a chain of them can double at every link.
std::uint64_t OnnxWalk::expanded(const Body& body, int depth) {
  if (depth > k_call_depth) throw WireFault("its functions call each other too deep");
  std::uint64_t sum = body.nodes;
  for (const auto& call : body.calls) {
    const auto found = functions_.find(call);
    if (found == functions_.end()) continue;
    auto known = expanded_.find(call);
    if (known == expanded_.end()) known = expanded_.emplace(call, expanded(found->second, depth + 1)).first;
    sum = saturating_add(sum, known->second);
  }
  return sum;
}

}  // namespace mlops::registry
