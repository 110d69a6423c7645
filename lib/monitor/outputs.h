// Which of a model's outputs is the answer and which are scores, told by its signature.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace mlops::monitor {

// Columns of the traffic table, without "out.".
struct OutputColumns {
  std::string prediction;                  // "": the scores decide
  std::vector<std::string> scores;         // probabilities, one a class; one alone: of the positive class
  std::vector<std::string> score_classes;  // where the signature names them
};

// `output` "" = by their types: a whole number, text or truth value a row is the prediction, reals of several columns
// are scores; a single real is the prediction of a regression (`numbers`), else a score. Throws Error(input) when there
// is no such output or none of these (hint: the outputs there are).
OutputColumns choose_outputs(const Json& signature, const std::string& output, bool numbers);

}  // namespace mlops::monitor
