// What callers leave out of a model's inputs: features, looked up by the entity keys that they send instead.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/frame.h"

namespace mlops::feature {
class Catalog;
class Lookup;
class OnlineStore;
}  // namespace mlops::feature

namespace mlops::serve {

// What becomes of a feature that an entity has not: never written, written as null, or older than its view's ttl. All
// three are nulls in a training set (mlops feature join).
enum class Missing { refuse, nan };

// Thread-safe.
class FeatureInputs {
 public:
  // Both must outlive it. Throws Error(input) when there is no such service.
  FeatureInputs(feature::Catalog& catalog, feature::OnlineStore& store, std::string service, Missing missing);

  // The name of a join key, of an entity that stands for one, or of a feature of the service.
  [[nodiscard]] bool knows(std::string_view name) const;
  // The frame with those features that the inputs at `needed` take and that it has not. As it was where it has no join
  // key; for a single input without column names its columns become the service's features in their order. `frame` must
  // outlive the result. Throws Error(input) naming the entity and the feature that is missing.
  [[nodiscard]] Frame complete(const Frame& frame, const Model& model, const std::vector<std::size_t>& needed) const;

 private:
  [[nodiscard]] std::shared_ptr<const feature::Lookup> lookup() const;
  feature::Catalog& catalog_;
  feature::OnlineStore& store_;
  std::string service_;
  Missing missing_;
};

}  // namespace mlops::serve
