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

// A relative path counts from the repository's root. The view must have a path.
std::filesystem::path source_file(const std::filesystem::path& root, const View& view);

// Looks at the view's source: fills in features and the types of join keys that were left out. Throws Error(input)
// naming the view, the file and the column that is missing, double or of another type than declared.
void check_source(View& view, const std::filesystem::path& root);
// All views; entities' own types count first.
void check_sources(Definitions& definitions, const std::filesystem::path& root);

// The columns of a view's source as they are asked for: those of its file, then what was pushed. Thread-safe once made.
class ViewFile {
 public:
  // `pushed` has the columns that the view needs, or none at all.
  ViewFile(const View& view, const std::filesystem::path& root, table::Table pushed = {});
  [[nodiscard]] const std::string& name() const { return name_; }  // for messages
  // Columns one by one cost no more than together: Parquet alone.
  [[nodiscard]] bool by_column() const { return by_column_; }
  [[nodiscard]] table::Table read(const std::vector<std::string>& columns) const;

  // The same rows piece by piece, in order; the pushed ones are the last piece.
  [[nodiscard]] std::size_t parts() const;
  [[nodiscard]] table::Table read_part(std::size_t part, const std::vector<std::string>& columns) const;
  // Tells one state of the file from another; "" without a file.
  [[nodiscard]] const std::string& identity() const { return identity_; }

 private:
  [[nodiscard]] table::Table read_file(const std::vector<std::string>& columns, std::optional<std::size_t> part) const;
  [[nodiscard]] table::Table pick_pushed(const std::vector<std::string>& columns) const;

  std::string name_, identity_;
  std::unique_ptr<table::Source> source_;  // null: the view has no file
  table::Format format_ = table::Format::csv;
  bool by_column_ = false;
  std::size_t file_parts_ = 0;
  table::Table pushed_;
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
