// What is in a table: each column's values in short, repeated rows, and numbers that go together.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "table/table.h"

namespace mlops::table {

struct Frequent {
  std::string value;
  std::uint64_t rows = 0;
};

struct ColumnProfile {
  std::string name, source_type;
  Kind kind = Kind::other;
  std::size_t rows = 0, nulls = 0, infinite = 0;  // NaN counts as null
  bool nulls_known = true;                        // false for lists and structs that were not decoded
  std::size_t distinct = 0;                       // exact
  std::optional<double> mean, sd, min, max;       // numbers
  std::optional<std::int64_t> least, most;        // min and max of whole ones, exact
  std::vector<double> quantiles;                  // at k_profile_quantiles
  std::optional<Micros> first, last;              // times
  std::optional<std::size_t> shortest, longest;   // characters of texts
  std::vector<Frequent> top;                      // most frequent first; of reals only what repeats
  std::vector<double> edges, bars;                // histogram: shares of the values between edges,
  std::vector<std::string> labels;                // or of each value where numbers have few different ones
  double below = 0, above = 0;                    // shares outside of it
};
inline constexpr double k_profile_quantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

struct Correlation {
  std::string a, b;
  double value = 0;  // Pearson's, over rows where both have a value
};

struct Profile {
  std::size_t rows = 0;
  std::vector<ColumnProfile> columns;
  // Rows that an earlier row equals (by a 64-bit hash of the row); unset where lists or structs can't be compared.
  std::optional<std::size_t> repeated_rows;
  std::vector<Correlation> correlations;  // strongest first, at most 20, none below 0.1
  std::size_t correlation_rows = 0;       // how many rows, evenly spaced, they were computed from
};

Profile profile(const Table& table, const std::stop_token& stop = {});
// Fields: the page of `mlops data profile`.
Json to_json(const Profile& profile);

}  // namespace mlops::table
