// The language of searches: MLflow's (comparisons joined by AND) and, beyond it, OR, NOT and parentheses.
//   metrics.auc > 0.9 and (params.lr = "0.1" or not tags.`my tag` like '%x%')
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "meta/filter.h"

namespace mlops::track {

// What is searched: which entities, attributes and operators there are.
enum class Domain { runs, experiments, registered_models, model_versions, logged_models };

// Empty text finds everything. Throws ApiError(400) with what is wrong and where.
meta::Filter parse_filter(std::string_view text, Domain domain);
// "metrics.acc DESC", one item.
meta::OrderBy parse_order(std::string_view text, Domain domain);
// All items; one key twice is 400.
std::vector<meta::OrderBy> parse_orders(const std::vector<std::string>& items, Domain domain);

// In memory: what a key is worth; nullopt where it is absent.
using Worth = std::variant<double, std::string>;
using Lookup = std::function<std::optional<Worth>(meta::Entity, const std::string& key)>;
bool matches(const meta::Filter& filter, const Lookup& lookup);
// True when some comparison is about this key.
bool mentions(const meta::Filter& filter, meta::Entity entity, std::string_view key);

}  // namespace mlops::track
