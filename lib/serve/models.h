// The models that a server answers for: where each comes from, which version is loaded, and the swap to another one
// while requests go on.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/model.h"

namespace mlops::serve {

// Where a model's bytes come from. Called from one thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  // What tells one version from another ("" where there is only one). Throws Error when it can't be told now.
  virtual std::string current() = 0;
  // Loads the version that current() told last.
  virtual std::unique_ptr<Model> load(const LoadLimits& limits) = 0;
};

struct ModelState {
  std::string name, version, state, reason;  // READY, UNAVAILABLE, LOADING
};

// Thread-safe.
class Models {
 public:
  explicit Models(LoadLimits limits) : limits_(limits) {}

  // Loads it. Several sources may share a name: then they are versions of one model, the first being the default.
  void add(std::unique_ptr<Source> source);
  // The version asked for, or the default for "". Throws web::Refusal 404 with Triton's words.
  [[nodiscard]] std::shared_ptr<const Model> find(std::string_view name, std::string_view version) const;
  [[nodiscard]] std::shared_ptr<const Model> first() const;  // null when it is unloaded
  [[nodiscard]] std::vector<std::string> versions(std::string_view name) const;
  [[nodiscard]] std::vector<std::shared_ptr<const Model>> loaded() const;
  [[nodiscard]] std::vector<ModelState> index() const;
  [[nodiscard]] bool ready() const;

  // Throw web::Refusal 404 for an unknown name, and what loading throws.
  void load(std::string_view name);
  void unload(std::string_view name);
  // Looks whether sources name other versions now, and swaps to them. The old version answers until the new one is
  // loaded, and stays until its requests are done; a version that can't be loaded is tried once. `tell` gets a line for
  // each.
  void follow(const std::function<void(const std::string&)>& tell);

 private:
  struct Slot {
    std::unique_ptr<Source> source;
    std::string loaded, failed;  // what current() told
    std::shared_ptr<const Model> model;
    std::string state = "LOADING", reason;
    bool wanted = true;
  };
  void replace(Slot& slot, std::unique_ptr<Model> model, const std::string& told);
  void follow(Slot& slot, const std::function<void(const std::string&)>& tell);

  LoadLimits limits_;
  mutable std::shared_mutex mutex_;  // guards what find() reads; slots are never removed
  std::mutex changing_;              // one load at a time
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace mlops::serve
