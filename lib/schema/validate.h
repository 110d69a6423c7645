// Holds a table of any size against a schema, reading it once, row after row, in bounded memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "schema/schema.h"
#include "table/source.h"

namespace mlops::schema {

struct Offender {
  std::uint64_t row = 0;  // from 1; the header is none
  std::string value;      // as it stands there, its beginning where it is long
};

// One expectation and its answer.
struct Result {
  std::string column;       // "" = of the table
  std::string expectation;  // "type integer", "nulls ≤ 0.02", "start <= end"
  bool passed = true;
  std::uint64_t failures = 0;       // rows (or columns, for expectations of the table)
  std::string reason;               // "" when passed: "3 rows are below", "the column is missing"
  std::vector<Offender> offenders;  // the first of them, in order
};

struct Report {
  std::string table;   // the source's name
  std::string schema;  // the schema's file
  std::uint64_t rows = 0;
  std::vector<Result> results;  // of the table, of each column in the schema's order, of the checks
  std::optional<Error> unread;  // why the table can't be read: nothing was held against it

  [[nodiscard]] bool passed() const;
  [[nodiscard]] std::size_t failures() const;  // results
};

struct ValidateOptions {
  Micros at = 0;                               // what `fresh` and `now` look back from
  std::size_t offenders = 10;                  // rows that each result names
  std::size_t memory = std::size_t{64} << 20;  // bytes for hashes, of each unique column and of the key where those
                                               // are four at most, else less; a file beyond
};

// Throws Error(input) where the source can't be read as a table at all: a line with too few fields, a damaged file. A
// value or a column of another type is a failure, not an error.
Report validate(const Schema& schema, const table::Source& source, const ValidateOptions& options);

Json to_json(const Report& report);
// JUnit's XML, a suite a table and a case an expectation, as Jenkins and GitLab read it.
std::string to_junit(const std::vector<Report>& reports);

}  // namespace mlops::schema
