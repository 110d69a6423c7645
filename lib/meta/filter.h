// What a search asks for, as a tree of comparisons: parsed in lib/track, turned into SQL here for runs, evaluated in
// memory for the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::meta {

enum class Entity { attribute, metric, param, tag, dataset };
enum class Op {
  equal,
  not_equal,
  greater,
  greater_equal,
  less,
  less_equal,
  like,
  ilike,
  in,
  not_in,
  is_null,
  is_not_null
};

struct Comparison {
  Entity entity = Entity::attribute;
  std::string key;
  Op op = Op::equal;
  bool numeric = false;  // compares `number`, else `text` (or `list` for in, not_in)
  double number = 0;
  std::string text{};
  std::vector<std::string> list{};
};

struct Filter {
  enum class Kind { everything, comparison, all_of, any_of, negation };
  Kind kind = Kind::everything;
  Comparison comparison{};
  std::vector<Filter> parts{};
};

struct OrderBy {
  Entity entity = Entity::attribute;
  std::string key;
  bool ascending = true;
};

enum class View { active, deleted, all };

struct RunSearch {
  std::vector<std::int64_t> experiments{};  // empty: all that are not deleted
  Filter filter{};
  std::vector<OrderBy> order{};  // then the newest start, then the id
  View view = View::active;
  std::size_t limit = 1000, offset = 0;
};

// LIKE's pattern: "%" any text, "_" one character; `fold` ignores letter case.
bool matches_like(std::string_view text, std::string_view pattern, bool fold);

}  // namespace mlops::meta
