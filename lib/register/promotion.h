// An alias that moves because gates were asked: the answers stand in the event, for lineage.
#pragma once

#include <string>
#include <vector>

#include "register/models.h"

namespace mlops::registry {

// Points the alias at the candidate; the gates were asked and answered so. Returns the event's id.
Id promote(data::Repository& repository, const ModelVersion& candidate, const std::string& alias,
           const std::vector<GateResult>& gates);

// [{"gate", "value", "pass", "detail"}].
Json to_json(const std::vector<GateResult>& gates);

}  // namespace mlops::registry
