// Rows that come in one by one: into the online store, and into what training sets are made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "feature/online_store.h"
#include "feature/registry.h"
#include "feature/row_input.h"
#include "table/table.h"

namespace mlops::feature {

enum class Target : std::uint8_t { online, offline, online_and_offline };
// nullopt: no such target.
std::optional<Target> parse_target(std::string_view text);

// Views fed by a push source, by name; empty when no view names it.
std::vector<const View*> views_of_push(const Registry& registry, const std::string& source);

// All views of a push source. Everything is checked before anything is stored, all is stored or nothing, and it is
// durable when this returns. Tells how many online rows changed.
std::size_t push(OnlineStore& store, const std::vector<const View*>& views, const InputRows& rows, Target target);

// Keeps lines (JSON, with every column that a view of the source needs) for training sets. `foreign`: they came from
// another clone, and are not this store's to share.
void append_offline(Transaction& transaction, const std::string& source, const std::string& lines, bool foreign);
// Push sources of which offline rows are kept, by name.
std::vector<std::string> pushed_sources(Snapshot& snapshot);
// This store's own batches of a source with a number above `after`, in their order.
void each_own_batch(Snapshot& snapshot, const std::string& source, std::uint64_t after,
                    const std::function<void(std::uint64_t number, std::string_view lines)>& visit);

// What offline pushes have brought for a view: its join keys, times and features, in order of arrival. Empty where
// there is nothing.
table::Table pushed_rows(Snapshot& snapshot, const View& view);

}  // namespace mlops::feature
