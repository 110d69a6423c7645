// The real runtime, in its module.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "../onnx_builder.h"
#include "base/error.h"
#include "serve/model.h"

using namespace mlops;
using namespace mlops::serve;

namespace {

const std::vector<std::size_t> k_first{0};

std::unique_ptr<Model> loaded(const onnx::Graph& graph) {
  return load_model(onnx::model(graph), "m", nullptr, {.time = 20'000'000, .threads = 1});
}

Tensor of(DataType type, Shape shape, std::size_t bytes) {
  Tensor out{type, std::move(shape)};
  for (std::size_t i = 0; i < bytes; ++i) out.bytes.push_back(static_cast<std::byte>(i % 2));
  return out;
}

std::vector<Tensor> answer(const Model& model, const Tensor& input) {
  return model.session->run(std::vector<Tensor>{input}, k_first);
}

}  // namespace

TEST_CASE("every datatype goes through a model unchanged") {
  const std::vector<std::pair<int, DataType>> types{
      {1, DataType::FP32},    {2, DataType::UINT8},   {3, DataType::INT8}, {4, DataType::UINT16}, {5, DataType::INT16},
      {6, DataType::INT32},   {7, DataType::INT64},   {9, DataType::BOOL}, {10, DataType::FP16},  {11, DataType::FP64},
      {12, DataType::UINT32}, {13, DataType::UINT64}, {16, DataType::BF16}};
  for (const auto& [number, type] : types) {
    INFO(to_text(type));
    const auto model = loaded(onnx::identity_graph(static_cast<onnx::Type>(number)));
    const Tensor input = of(type, {2, 4}, 8 * width_of(type));
    const auto outputs = answer(*model, input);
    REQUIRE(outputs.size() == 1);
    CHECK(outputs[0].bytes == input.bytes);
    CHECK(outputs[0].shape == input.shape);
    CHECK(answer(*model, of(type, {0, 4}, 0))[0].shape == Shape{0, 4});
  }
}

TEST_CASE("texts with any bytes go through a model") {
  Tensor input{DataType::BYTES, {1, 4}};
  input.texts = {"a", "", std::string("x\0y", 3), "grün"};
  CHECK(answer(*loaded(onnx::identity_graph(onnx::text)), input)[0].texts == input.texts);
}

TEST_CASE("one session answers several threads, each with its own answer") {
  const auto model = loaded(onnx::identity_graph());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        Tensor input = of(DataType::FP32, {1, 4}, 16);
        input.data<float>()[0] = static_cast<float>(t * 1000 + i);
        if (answer(*model, input)[0].bytes != input.bytes) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a model's own failure is an error with its words") {
  CHECK_THROWS_WITH(answer(*loaded(onnx::identity_graph()), of(DataType::FP32, {1, 3}, 12)),
                    Catch::Contains("model 'm' failed"));
  onnx::Graph broken = onnx::identity_graph();
  broken.nodes = {onnx::node("NoSuchOperator", {"X"}, {"Y"})};
  CHECK_THROWS_WITH(loaded(broken), Catch::Contains("can't be loaded"));
}
