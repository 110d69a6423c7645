// One answer of the gate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mlops::ci {

enum class Answer { pass, fail, note };  // a note refuses nothing: it tells people what they would ask
std::string_view to_text(Answer answer);

struct Row {
  std::string kind;  // "run", "metric", "champion", "drift", …: the gate's name in the table of gates.cpp
  std::string gate;  // what was asked: "auc ≥ 0.86"
  Answer answer = Answer::note;
  std::optional<double> value{};
  std::string detail{};  // why not, by how much, or where the value comes from
};
using Rows = std::vector<Row>;

// No row refuses.
bool passed(const Rows& rows);
// [{kind, gate, answer, pass, value, detail}]
Json to_json(const Rows& rows);

}  // namespace mlops::ci
