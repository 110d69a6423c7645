#include "feature/online_lookup.h"

#include <algorithm>

namespace mlops::feature {
namespace {

bool too_old(Micros event, Micros now, Micros ttl) {
  return ttl > 0 && now > event &&
         static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(event) > static_cast<std::uint64_t>(ttl);
}

// Values of a row that was written under another definition, at the places of this one. `known` marks those it has.
void decode_other(Snapshot& snapshot, const Block& block, const Layout& wanted, std::vector<Value>& values,
                  std::vector<bool>& known) {
  const Layout stored = stored_layout(snapshot, block.layout);
  std::vector<Value> old;
  values.assign(wanted.features.size(), Value{});
  known.assign(wanted.features.size(), false);
  if (stored.tag != block.layout) return;
  decode_values(block.values, stored.features, old);
  for (std::size_t i = 0; i < wanted.features.size(); ++i)
    for (std::size_t k = 0; k < stored.features.size(); ++k)
      if (stored.features[k] == wanted.features[i]) {
        values[i] = old[k];
        known[i] = true;
      }
}

Found found_value(const Value& value, bool known, const Block& block, Micros ttl, Micros now) {
  if (!known) return {};
  if (too_old(block.event, now, ttl)) return {Status::outside_max_age, block.event, value};
  return {value.null ? Status::null_value : Status::present, block.event, value};
}

}  // namespace

const char* to_text(Status status) {
  static constexpr std::array<const char*, 4> k_names{"PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"};
  return k_names.at(static_cast<std::size_t>(status));
}

Lookup::Lookup(std::shared_ptr<const Registry> registry, const Selection& selection, bool full_names,
               const std::function<StatusCounts*(const std::string&)>& counts)
    : registry_(std::move(registry)), names_(selection.names(full_names)) {
  std::size_t first = 0;
  for (const auto& part : selection.parts) {
    const auto& name = part.view().name;
    add_part(part, first, counts ? counts(name) : nullptr);
    first += part.features.size();
    if (std::none_of(views_.begin(), views_.end(), [&](const auto& view) { return view.first == name; }))
      views_.emplace_back(name, part.applied->version.number);
  }
}

void Lookup::add_part(const Part& part, std::size_t first, StatusCounts* counts) {
  const View& view = part.view();
  Want want{&view, tag_of(view.name), Layout(view.features), part.features, {}, counts};
  for (std::size_t i = 0; i < part.features.size(); ++i) {
    features_.push_back(view.features[part.features[i]]);
    want.places.push_back(first + i);
  }
  group_of(view).wants.push_back(std::move(want));
}

std::size_t Lookup::need_key(const View& view, std::size_t key) {
  const JoinKey& wanted = view.keys[key];
  std::size_t at = 0;
  while (at < keys_.size() && keys_[at].name != wanted.name) ++at;
  if (at == keys_.size()) keys_.push_back({wanted.name, *wanted.type, {}});
  // Entities of one key each: their names stand for it.
  if (view.entities.size() == view.keys.size()) keys_[at].entities.push_back(view.entities[key]);
  return at;
}

Lookup::Group& Lookup::group_of(const View& view) {
  KeySet set(view.keys);
  std::vector<std::size_t> needed;
  for (const auto key : set.order()) needed.push_back(need_key(view, key));
  for (auto& group : groups_)
    if (group.keys.tag() == set.tag()) return group;
  groups_.push_back({std::move(set), std::move(needed), {}});
  return groups_.back();
}

void Lookup::read_group(Snapshot* snapshot, const Group& group, const EntityRows& entities, std::size_t row, Micros now,
                        std::vector<Found>& found) const {
  std::array<std::string_view, 8> few;
  std::vector<std::string_view> many(group.needed.size() > few.size() ? group.needed.size() : 0);
  const std::span<std::string_view> parts =
      many.empty() ? std::span(few).first(group.needed.size()) : std::span<std::string_view>(many);
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = entities.parts[group.needed[i]][row];
  const auto blocks = snapshot == nullptr ? std::nullopt : snapshot->get(Space::rows, group.keys.key(parts));
  std::string_view rest = blocks.value_or("");
  Block block;
  thread_local std::vector<Value> values;
  thread_local std::vector<bool> known;
  while (next_block(rest, block))
    for (const auto& want : group.wants) {
      if (want.tag != block.view) continue;
      const bool same = want.layout.tag == block.layout;
      if (same)
        decode_values(block.values, want.layout.features, values);
      else
        decode_other(*snapshot, block, want.layout, values, known);
      for (std::size_t i = 0; i < want.features.size(); ++i) {
        const auto at = want.features[i];
        found[want.places[i]] = found_value(values[at], same || known[at], block, want.view->ttl, now);
      }
    }
}

void Lookup::run(Snapshot* snapshot, const EntityRows& entities, Micros now,
                 const std::function<void(std::size_t, std::span<const Found>)>& visit) const {
  std::vector<Found> found(names_.size());
  for (std::size_t row = 0; row < entities.rows; ++row) {
    std::fill(found.begin(), found.end(), Found{});
    for (const auto& group : groups_) read_group(snapshot, group, entities, row, now, found);
    visit(row, found);
    for (const auto& group : groups_)
      for (const auto& want : group.wants)
        if (want.counts != nullptr)
          for (const auto place : want.places)
            want.counts->counts[static_cast<std::size_t>(found[place].status)].fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace mlops::feature
