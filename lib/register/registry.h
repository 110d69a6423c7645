// The registry as a fold: model records and events, oldest first, give each model's present state. `register add`, the
// tracking server and a pull all write records and events; nobody keeps another list.
#pragma once

#include "register/models.h"

namespace mlops::registry {

struct VersionState {
  ModelVersion version;
  std::string stage = "None", description;
  std::map<std::string, std::string> tags;
  Micros created = 0, updated = 0;
};

struct RegisteredModel {
  std::string name, description;
  Micros created = 0, updated = 0;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::int64_t> aliases;
  std::vector<VersionState> versions;  // lowest number first, without the deleted ones
  std::int64_t last_number = 0;        // numbers are not used again
  std::int64_t last_sealed = 0;        // of those that stand in records and events: without what part two equal ones

  [[nodiscard]] const VersionState* version(std::int64_t number) const;
};

// Two clones may have given one number to two versions. Whoever pushes second gives its own version the next free one
// by such an event; where both pushed at once, the later record counts as the next free one everywhere. Returns the new
// number.
std::int64_t renumber(data::Repository& repository, const ModelVersion& version);

// nullopt: there is none, or it was deleted.
std::optional<RegisteredModel> registered_model(data::Repository& repository, const std::string& name);
// The same after one more record or event.
std::optional<RegisteredModel> registered_after(std::optional<RegisteredModel> before, const std::string& name,
                                                const meta::Entry& entry);
std::vector<std::string> registered_names(data::Repository& repository);  // sorted

// The event that a change of a model is; `author` who makes it.
Json change_event(data::Repository& repository, const std::string& name, const Json& change, const std::string& author);
// Seals one change as an event of the model (share/doc/records.md). Returns the event's id.
Id seal_change(data::Repository& repository, const std::string& name, const Json& change);

// {"inputs", "outputs"} of the model in an object: of its ONNX graph, else of the file MLmodel, else {}.
Json model_signature(const store::Store& store, const store::ObjectRef& object, const std::string& name);

}  // namespace mlops::registry
