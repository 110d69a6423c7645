// A model version that is loaded and answers: immutable, shared by the requests that use it, gone when the last is
// done.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "serve/engine.h"

namespace mlops::serve {

struct Tally {
  std::atomic<std::uint64_t> count{0}, nanos{0};
  void add(std::uint64_t nanoseconds) {
    count.fetch_add(1, std::memory_order_relaxed);
    nanos.fetch_add(nanoseconds, std::memory_order_relaxed);
  }
};

struct ModelStatistics {
  std::atomic<std::uint64_t> rows{0}, runs{0}, last_inference_ms{0};
  Tally success, fail, input, infer, output;
};

struct Model {
  std::string name;
  std::string version = "1";  // its number
  std::optional<Id> record;   // of the version in the registry
  std::string asked;          // by which name it was asked for there: "churn@prod"
  Json signature;             // with columns, where known
  Interface interface;
  std::unique_ptr<Session> session;
  mutable ModelStatistics statistics{};

  [[nodiscard]] std::optional<std::size_t> input(std::string_view input_name) const;
  [[nodiscard]] std::optional<std::size_t> output(std::string_view output_name) const;
  // Names of an input's or output's last dimension: the signature's columns or labels, else NAME_0…; one name, NAME,
  // for a value a row. Empty where the width is not fixed.
  [[nodiscard]] std::vector<std::string> columns(const TensorInfo& info) const;
  // Somebody gave the columns names: they are not just numbered.
  [[nodiscard]] bool has_column_names(const TensorInfo& info) const;
};

// From a signature as ModelVersion has it.
Interface interface_of(const Json& signature);

struct LoadLimits {
  Micros time = 2'000'000;  // to load and to answer once; more for files over 64 MiB
  int threads = 1;
};
// Walks the bytes, tries them in a helper process, loads them here and answers once with zeros, so that the first
// request waits for nothing. `known` is the registry's signature or null. Throws Error(input) naming the model.
std::unique_ptr<Model> load_model(std::string_view bytes, const std::string& name, const Json& known,
                                  const LoadLimits& limits = {});

}  // namespace mlops::serve
