// A model without a runtime: its only session answers with the first input, whatever is asked.
#pragma once

#include "serve/model.h"

namespace mlops::serve {

class Echo : public Session {
 public:
  std::vector<Tensor> run(std::span<const Tensor> inputs, std::span<const std::size_t> wanted) const override {
    return std::vector<Tensor>(wanted.size(), inputs.front());
  }
};

inline std::shared_ptr<Model> fake_model() {
  auto out = std::make_shared<Model>();
  out->name = "m";
  out->version = "7";
  out->record = sha256("m:7");
  out->signature = Json::parse(R"({"inputs":[{"name":"X","datatype":"FP32","shape":[-1,2],"columns":["a","b"]}],
                                   "outputs":[{"name":"P","datatype":"FP32","shape":[-1,2],"labels":["no","yes"]}]})");
  out->interface = interface_of(out->signature);
  out->session = std::make_unique<Echo>();
  return out;
}

inline Tensor floats(Shape shape, const std::vector<float>& values) {
  Tensor out{DataType::FP32, std::move(shape)};
  const auto* first = reinterpret_cast<const std::byte*>(values.data());
  out.bytes.assign(first, first + values.size() * sizeof(float));
  return out;
}

}  // namespace mlops::serve
