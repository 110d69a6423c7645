// Look-ups of the newest features of entities. What to look up is worked out once; each entity key then costs one read.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "feature/online_row.h"
#include "feature/selection.h"

namespace mlops::feature {

enum class Status : std::uint8_t { present, null_value, not_found, outside_max_age };
const char* to_text(Status status);  // "PRESENT", …

struct Found {
  Status status = Status::not_found;
  Micros event = 0;  // 0 where nothing was found
  Value value{};
};

// How often each status was answered for a view.
struct StatusCounts {
  std::array<std::atomic<std::uint64_t>, 4> counts{};
};

struct NeededKey {
  std::string name;
  Type type = Type::int64;
  std::vector<std::string> entities;  // other names for it
};

// Key parts (online_row.h), key by key as in Lookup::keys(), each with one for every row.
struct EntityRows {
  std::size_t rows = 0;
  std::vector<std::vector<std::string>> parts;
};

// Immutable; may be used by many threads.
class Lookup {
 public:
  // `counts` gives each view's counters, or nullptr. Throws Error(input) when two features would have one name.
  Lookup(std::shared_ptr<const Registry> registry, const Selection& selection, bool full_names,
         const std::function<StatusCounts*(const std::string& view)>& counts = {});

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::vector<Feature>& features() const { return features_; }
  [[nodiscard]] const std::vector<NeededKey>& keys() const { return keys_; }
  // Views by first mention: name and number of their version.
  [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& views() const { return views_; }

  // `visit` gets each row's features, by names(); they are gone when it returns. `snapshot` null: nothing is there.
  void run(Snapshot* snapshot, const EntityRows& entities, Micros now,
           const std::function<void(std::size_t row, std::span<const Found>)>& visit) const;

 private:
  struct Want {
    const View* view = nullptr;
    std::uint64_t tag = 0;
    Layout layout;
    std::vector<std::size_t> features, places;  // positions in the view, in the answer
    StatusCounts* counts = nullptr;
  };
  struct Group {
    KeySet keys;
    std::vector<std::size_t> needed;  // positions in keys_, in the key set's order
    std::vector<Want> wants;
  };
  void add_part(const Part& part, std::size_t first, StatusCounts* counts);
  Group& group_of(const View& view);
  std::size_t need_key(const View& view, std::size_t key);
  void read_group(Snapshot* snapshot, const Group& group, const EntityRows& entities, std::size_t row, Micros now,
                  std::vector<Found>& found) const;

  std::shared_ptr<const Registry> registry_;  // what the views point into
  std::vector<std::string> names_;
  std::vector<Feature> features_;
  std::vector<NeededKey> keys_;
  std::vector<std::pair<std::string, std::int64_t>> views_;
  std::vector<Group> groups_;
};

}  // namespace mlops::feature
