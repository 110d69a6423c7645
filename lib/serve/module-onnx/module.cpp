#include "base/module.h"

#include "base/build.h"
#include "base/error.h"
#include "runtime.h"
#include "serve/engine.h"
#include "values.h"

namespace mlops::serve {
namespace {

// The sentences that people know from the runtime's own exceptions, one line, without its source positions.
std::string first_line(std::string text) { return text.substr(0, text.find('\n')); }

class OnnxSession : public Session {
 public:
  OnnxSession(Ort::Session session, std::string name, const Interface& interface)
      : session_(std::move(session)),
        name_(std::move(name)),
        interface_(interface),
        memory_(Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault)) {
    check();
    for (const auto& input : interface_.inputs) input_names_.push_back(input.name.c_str());
  }

  std::vector<Tensor> run(std::span<const Tensor> inputs, std::span<const std::size_t> wanted) const override {
    try {
      return run_unguarded(inputs, wanted);
    } catch (const Ort::Exception& error) {
      throw state_error("model '" + name_ + "' failed: " + first_line(error.what()));
    }
  }

 private:
  void check() const {
    Ort::AllocatorWithDefaultOptions allocator;
    const auto differ = [&] {
      return input_error("model \"" + name_ + "\" has other inputs or outputs for ONNX Runtime than its file says");
    };
    if (session_.GetInputCount() != interface_.inputs.size() || session_.GetOutputCount() != interface_.outputs.size())
      throw differ();
    for (std::size_t i = 0; i < interface_.inputs.size(); ++i) {
      const auto info = session_.GetInputTypeInfo(i);
      if (interface_.inputs[i].name != session_.GetInputNameAllocated(i, allocator).get() ||
          info.GetONNXType() != ONNX_TYPE_TENSOR ||
          info.GetTensorTypeAndShapeInfo().GetElementType() != to_onnx(interface_.inputs[i].type))
        throw differ();
    }
    for (std::size_t i = 0; i < interface_.outputs.size(); ++i)
      if (interface_.outputs[i].name != session_.GetOutputNameAllocated(i, allocator).get()) throw differ();
  }

  std::vector<Tensor> run_unguarded(std::span<const Tensor> inputs, std::span<const std::size_t> wanted) const {
    Ort::AllocatorWithDefaultOptions allocator;
    std::vector<Ort::Value> values;
    for (const auto& input : inputs) values.push_back(to_value(input, memory_, allocator));
    std::vector<const char*> names;
    for (const auto index : wanted) names.push_back(interface_.outputs[index].name.c_str());
    auto answers = session_.Run(Ort::RunOptions{nullptr}, input_names_.data(), values.data(), values.size(),
                                names.data(), names.size());
    std::vector<Tensor> out;
    for (std::size_t i = 0; i < answers.size(); ++i)
      out.push_back(to_tensor(answers[i], interface_.outputs[wanted[i]]));
    return out;
  }

  mutable Ort::Session session_;  // Run is thread-safe and not const
  std::string name_;
  Interface interface_;
  Ort::MemoryInfo memory_;
  std::vector<const char*> input_names_;
};

class OnnxEngine : public Engine {
 public:
  std::string version() const override { return runtime().GetVersionString(); }

  std::unique_ptr<Session> load(std::string_view bytes, const std::string& name, const Interface& interface,
                                const EngineOptions& engine) override {
    Ort::Env& shared = environment();
    try {
      Ort::SessionOptions options;
      options.SetIntraOpNumThreads(engine.threads);
      options.SetInterOpNumThreads(1);
      options.SetExecutionMode(ORT_SEQUENTIAL);
      options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
      options.DisableCpuMemArena();  // a large request's memory goes back when it is answered
      options.AddConfigEntry("session.load_model_format", "ONNX");  // never guessed from the bytes
      options.AddConfigEntry("session.intra_op.allow_spinning", "0");
      return std::make_unique<OnnxSession>(Ort::Session(shared, bytes.data(), bytes.size(), options), name, interface);
    } catch (const Ort::Exception& error) {
      throw input_error("model \"" + name + "\" can't be loaded: " + first_line(error.what()));
    }
  }
};

OnnxEngine g_engine;
// The interface is the base class: its address, not the derived object's, is what the binary casts to.
Engine& g_interface = g_engine;

}  // namespace
}  // namespace mlops::serve

MLOPS_MODULE(mlops::serve::g_interface)
