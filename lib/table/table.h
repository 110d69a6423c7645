// Tables in memory: named columns of one length, handed out as spans. Arrow reads and writes the formats, in a module
// that is opened on first use (base/module.h); none of its types is seen here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "table/source.h"

namespace mlops::table {

// What a column's values are for us. Wider source types are converted: every float and decimal to double, every integer
// that fits to int64 (uint64 above 2^63-1 makes the column real), dates and timestamps to UTC microseconds, time of day
// and durations to text; lists, structs and maps are `other`: no values, only their validity.
enum class Kind { boolean, integer, real, text, time, other };
const char* to_text(Kind kind);

// Values that a column's kind can't hold in full, as the file has them. Thread-safe.
class ExactValues {
 public:
  using Words = std::array<std::uint64_t, 4>;
  virtual ~ExactValues() = default;
  [[nodiscard]] virtual std::string text(std::size_t row) const = 0;
  // Equal where the values are, among columns of one source type. Unspecified for nulls.
  [[nodiscard]] virtual Words words(std::size_t row) const = 0;
};

// One column. A cheap value: copies share the storage, which nobody changes. Only the span of its own kind is filled.
class Column {
 public:
  std::string name;
  Kind kind = Kind::other;
  // The Arrow type the file had: "int64", "uint8", "string", "dictionary", "date32[day]", … ("" for columns made here).
  std::string source_type;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t nulls() const { return nulls_; }
  // False for lists and structs that were not decoded: nobody looked which of them are null.
  [[nodiscard]] bool nulls_known() const { return nulls_known_; }
  // False where the value is null. A NaN in a real column is a value, not a null.
  [[nodiscard]] bool valid(std::size_t row) const { return validity_.empty() || validity_[row] != 0; }
  // 1 or 0 for each row; empty when nothing is null.
  [[nodiscard]] std::span<const std::uint8_t> validity() const { return validity_; }

  // A null row holds an unspecified value (texts: code 0).
  [[nodiscard]] std::span<const std::uint8_t> booleans() const { return booleans_; }  // 0 or 1
  [[nodiscard]] std::span<const std::int64_t> integers() const { return integers_; }
  [[nodiscard]] std::span<const double> reals() const { return reals_; }
  [[nodiscard]] std::span<const std::int64_t> times() const { return integers_; }  // microseconds since 1970 UTC
  // Texts are codes into a dictionary without repeats, in order of first appearance (a dictionary column's own entries
  // may include some that no row uses). Bytes as in the file: UTF-8, unless the source type is binary.
  [[nodiscard]] std::span<const std::uint32_t> codes() const { return codes_; }
  [[nodiscard]] std::span<const std::string_view> dictionary() const { return dictionary_; }
  [[nodiscard]] std::string_view text(std::size_t row) const { return dictionary_[codes_[row]]; }

  // Set for uint64, decimals of more than 15 digits and times to the nanosecond, whatever their values are.
  [[nodiscard]] const ExactValues* exact() const { return exact_.get(); }

  // The value as text, "" for null: for people and for CSV. Numbers are exact, times to the microsecond.
  [[nodiscard]] std::string show(std::size_t row) const;

 private:
  friend class ColumnMaker;
  std::size_t rows_ = 0, nulls_ = 0;
  bool nulls_known_ = true;
  std::span<const std::uint8_t> validity_, booleans_;
  std::span<const std::int64_t> integers_;
  std::span<const double> reals_;
  std::span<const std::uint32_t> codes_;
  std::span<const std::string_view> dictionary_;
  std::shared_ptr<const ExactValues> exact_;
  std::vector<std::shared_ptr<const void>> storage_;  // what the spans point into
};

// Columns from memory. `valid` holds 1 or 0 for each row, or is empty: nothing is null.
using Validity = std::vector<std::uint8_t>;
Column make_booleans(std::string name, std::vector<std::uint8_t> values, Validity valid = {});
Column make_integers(std::string name, std::vector<std::int64_t> values, Validity valid = {});
Column make_reals(std::string name, std::vector<double> values, Validity valid = {});
Column make_times(std::string name, std::vector<std::int64_t> micros, Validity valid = {});
Column make_texts(std::string name, const std::vector<std::string>& values, Validity valid = {});

struct Table {
  std::vector<Column> columns;  // all of one length, names unique
  std::size_t rows = 0;

  [[nodiscard]] const Column* find(std::string_view name) const;
  // Throws Error(input) with the nearest name.
  [[nodiscard]] const Column& need(std::string_view name) const;
  // Throws Error(input) when the length differs or the name is taken.
  void add(Column column);
};

enum class Format { csv, tsv, json_lines, parquet, arrow };
// By the first bytes where they tell (Parquet, Arrow), else by the name's extension, else by the text's look.
Format detect_format(const Source& source);

// What a file may ask of us. Reaching one is an Error(input) that names the file.
struct Limits {
  std::uint64_t rows = std::uint64_t{1} << 32;
  std::size_t columns = 65'536;
  std::size_t cell = std::size_t{64} << 20;  // bytes of one text
  int nesting = 32;                          // levels of lists and structs
  std::uint64_t memory = 0;                  // bytes for all buffers; 0 = three quarters of what this process may use
};

struct ReadOptions {
  std::optional<Format> format;      // unset = detect_format
  std::vector<std::string> columns;  // in this order; empty = all. An unknown name is an Error(input) with the nearest
  Limits limits;
  std::optional<std::size_t> part{};  // only these rows (part_count); unset = all
};

// The whole table (or the columns asked for), validated. CSV and TSV have a header line; empty fields, NA, NaN, null
// and their kind are nulls; types are found from all rows. A repeated column name gets ".1", ".2". Throws Error(input)
// naming the source, with the line where it is known. Thread-safe.
Table read_table(const Source& source, const ReadOptions& options = {});

// The columns with their names, kinds and source types. Parquet files are asked for their schema alone (no rows then,
// and uint64 columns count as integers); of every other format the rows come too. Errors as for read_table.
Table read_schema(const Source& source);

// Pieces that the file's rows can be read in, one after the other: a Parquet file's row groups; 1 for every other
// format.
std::size_t part_count(const Source& source);

// The bytes of a Parquet file (zstd). Real columns whose source type was "float" are written as such. `other` columns
// can't be written: Error(usage).
std::string write_parquet(const Table& table);
// RFC 4180, header line, `separator` between fields, text quoted where needed, null as nothing, times as RFC 3339.
std::string write_csv(const Table& table, char separator = ',');

}  // namespace mlops::table
