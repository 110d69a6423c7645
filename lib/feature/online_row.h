// The bytes of the online store. Under one entity key lie the newest rows of all views by those join keys, so that a
// look-up costs one read. The exact form: share/doc/formats.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feature/definition.h"
#include "feature/online_engine.h"
#include "feature/value.h"

namespace mlops::feature {

// The first eight bytes of the SHA-256 of a text: how names and layouts are told apart in keys and rows.
std::uint64_t tag_of(std::string_view text);

// One join key's value as a part of an entity key.
std::string key_part(std::int64_t value);
std::string key_part(bool value);
std::string key_part(std::string_view text);
// A column's value; "" for null and for reals that are no integers.
std::string key_part(const table::Column& column, std::size_t row);
// A JSON value. `lenient` takes whole numbers as text for integers and integers for texts, as look-ups do. Throws
// Error(input) beginning with `place`; for null too.
std::string key_part(const web::OrderedJson& json, Type type, bool lenient, const std::string& place);
// What a part holds, as JSON.
void append_key_json(std::string& out, std::string_view part);

// Which join keys make up an entity key; their order in a view does not matter.
class KeySet {
 public:
  explicit KeySet(const std::vector<JoinKey>& keys);
  // Positions of the view's keys, ordered by name.
  [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }
  [[nodiscard]] std::uint64_t tag() const { return tag_; }
  // `parts` by order().
  [[nodiscard]] std::string key(std::span<const std::string_view> parts) const;

 private:
  std::vector<std::size_t> order_;
  std::uint64_t tag_ = 0;
};

// Features in the order in which a row holds them.
struct Layout {
  std::uint64_t tag = 0;
  std::vector<Feature> features;
  explicit Layout(std::vector<Feature> list);
};

// One view's row.
struct Block {
  std::uint64_t view = 0, layout = 0;
  Micros event = 0, created = 0;
  std::string_view values;
};

// A row without values, and one value after the other, in the order of the features; nulls may be left out.
std::string no_values_yet(std::size_t features);
void add_value(std::string& values, std::size_t feature, Type type, const Value& value);
std::string encode_values(std::span<const Feature> features, std::span<const Value> values);
// Throws Error(state) when the bytes are not such values.
void decode_values(std::string_view bytes, std::span<const Feature> features, std::vector<Value>& out);
// Takes the first block off. False at the end. Throws Error(state) when the bytes are no blocks.
bool next_block(std::string_view& rest, Block& out);
// Puts the block among the others unless the view has a later one: by event time, then by created; one with equal times
// gives way. False: nothing changes.
bool merge_block(std::string& blocks, const Block& block);

// A row on its way into the store.
struct OnlineRow {
  std::string key;
  Micros event = 0, created = 0;
  std::string values;
};

// Writes rows of one view; tells how many changed something.
std::size_t put_rows(Transaction& transaction, const std::string& view, const Layout& layout,
                     std::span<const OnlineRow> rows);
// The layout of rows that were written under another definition; no features when it is unknown.
Layout stored_layout(Snapshot& snapshot, std::uint64_t tag);

}  // namespace mlops::feature
