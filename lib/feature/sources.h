// The files that views are made of: found, looked at, read column by column.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feature/definition.h"
#include "table/table.h"

namespace mlops::feature {

// A relative path counts from the repository's root.
std::filesystem::path source_file(const std::filesystem::path& root, const View& view);

// Looks at the view's source: fills in features and the types of join keys that were left out. Throws Error(input)
// naming the view, the file and the column that is missing, double or of another type than declared.
void check_source(View& view, const std::filesystem::path& root);
// All views; entities' own types count first.
void check_sources(Definitions& definitions, const std::filesystem::path& root);

// The columns of a view's source as they are asked for. Thread-safe once made.
class ViewFile {
 public:
  ViewFile(const View& view, const std::filesystem::path& root);
  [[nodiscard]] const table::Source& source() const { return *source_; }
  // Columns one by one cost no more than together: Parquet alone.
  [[nodiscard]] bool by_column() const { return by_column_; }
  [[nodiscard]] table::Table read(const std::vector<std::string>& columns) const;

 private:
  std::unique_ptr<table::Source> source_;
  table::Format format_;
  bool by_column_;
};

// Points in time, from a column of times or of texts that tell them (no zone = UTC).
struct Times {
  std::span<const Micros> values;
  std::span<const std::uint8_t> validity;  // empty: all are there
  table::Column kept;                      // what the spans point into
  std::vector<Micros> own;
  std::vector<std::uint8_t> own_validity;
  [[nodiscard]] bool valid(std::size_t row) const { return validity.empty() || validity[row] != 0; }
};
// `file` for messages. Throws Error(input) for numbers, and naming the first text that is no time.
std::unique_ptr<const Times> times_of(const table::Column& column, const std::string& file);

}  // namespace mlops::feature
