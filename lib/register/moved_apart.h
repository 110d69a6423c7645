// An alias that two clones moved without knowing of each other: the later move holds, and people are told of both until
// somebody moves the alias again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "data/repository.h"

namespace mlops::registry {

struct Move {
  Id event;
  std::int64_t number = 0;  // as it is now; 0: the alias was removed
  std::string author;
  Micros time = 0;
};
struct MovedApart {
  std::string alias;
  Move holds, other;

  [[nodiscard]] std::string text(
      const std::string& model) const;  // "prod moved apart: churn:2 by bert …, churn:1 by anna …"
};

// Sorted by alias. Read from the events of the model: each names the one before it that its author knew of.
std::vector<MovedApart> moved_apart(data::Repository& repository, const std::string& model);

}  // namespace mlops::registry
