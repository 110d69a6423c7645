// Which features of which views somebody asks for, and what they are called in the answer.
#pragma once

#include <string>
#include <vector>

#include "feature/registry.h"

namespace mlops::feature {

// One view's part. Points into the registry.
struct Part {
  const AppliedView* applied = nullptr;
  std::string name;                   // of the view, or what a service calls it
  std::vector<std::size_t> features;  // positions in the view, in the order asked for
  [[nodiscard]] const View& view() const { return applied->view; }
};

struct Selection {
  std::vector<Part> parts;  // views by first mention

  // "feature", or "view__feature" with full names; part by part. Throws Error(input) where two are equal.
  [[nodiscard]] std::vector<std::string> names(bool full) const;
};

// What a command line names: views, "view:feature", services. Throws Error(input) with the nearest name.
Selection select_words(const Registry& registry, const std::vector<std::string>& words);

}  // namespace mlops::feature
