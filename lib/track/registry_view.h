// The registry as the routes see it: models folded once and kept until some record or event is sealed, by whomever.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "register/registry.h"

namespace mlops::track {

class Service;

class RegistryView {
 public:
  explicit RegistryView(Service& service) : service_(service) {}

  // nullptr: there is no such model.
  std::shared_ptr<const registry::RegisteredModel> find(const std::string& name);
  std::shared_ptr<const registry::RegisteredModel> need(const std::string& name);  // throws ApiError(404)
  std::vector<std::shared_ptr<const registry::RegisteredModel>> all();             // by name
  // "churn:3" of every version that came from the run.
  std::vector<std::string> versions_of_run(const std::string& run_id);

  // Seals a change of a model, or a version. `check` is called first, alone with the registry, with the model as it is
  // (nullptr: none); it throws what forbids the change, and may complete the record.
  using Check = std::function<void(const registry::RegisteredModel*)>;
  void change(const std::string& name, const Json& change, const Check& check);
  void add_version(const std::string& name, Json& record, const Check& check, std::int64_t number = 0);  // 0: the next

 private:
  void refresh();  // under the mutex
  std::shared_ptr<const registry::RegisteredModel> look(const std::string& name);
  meta::Entry seal(Json record);
  void take(const std::string& name, const meta::Entry& entry);

  Service& service_;
  std::mutex mutex_;
  std::int64_t count_ = -1;
  // Changed in place while nobody else holds one.
  std::map<std::string, std::shared_ptr<registry::RegisteredModel>> models_;
  bool all_known_ = false;
};

}  // namespace mlops::track
