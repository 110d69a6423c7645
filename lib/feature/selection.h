// Which features of which views somebody asks for, and what they are called in the answer.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
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

  // "feature", or "view__feature" with full names; part by part. Throws NameCollision where two are equal.
  [[nodiscard]] std::vector<std::string> names(bool full) const;
};

// What is asked for by a name that there is not; which kind of name it was.
struct UnknownName : Error {
  enum class Kind { view, service, push_source };
  UnknownName(Kind of, std::string message, std::string hint)
      : Error(ErrorKind::input, std::move(message), std::move(hint)), kind(of) {}
  Kind kind;
};
// Two features would have one name.
struct NameCollision : Error {
  NameCollision(std::string message, std::string hint) : Error(ErrorKind::input, std::move(message), std::move(hint)) {}
};

// "view:feature" references, and all of a service. Throw UnknownName, or Error(input) for what is no reference and for
// features that a view has not.
Selection select_references(const Registry& registry, const std::vector<std::string>& references);
Selection select_service(const Registry& registry, const std::string& name);
// What a command line names: views, "view:feature", services. Throws Error(input) with the nearest name.
Selection select_words(const Registry& registry, const std::vector<std::string>& words);

}  // namespace mlops::feature
