#include "schema/infer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "schema/column_check.h"
#include "schema/repeats.h"
#include "table/batches.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Format;
using table::Kind;

struct Kinds {
  std::vector<std::string> order;
  std::map<std::string, Kind> of;
};

// What holds both. "other" of a batch without values says nothing.
Kind wider(Kind a, Kind b) {
  if (a == b || b == Kind::other) return a;
  if (a == Kind::other) return b;
  const bool numbers = (a == Kind::integer || a == Kind::real) && (b == Kind::integer || b == Kind::real);
  return numbers ? Kind::real : Kind::text;
}

Kinds kinds_of(const table::Source& source, Format format) {
  Kinds out;
  table::BatchOptions read;
  read.format = format;
  const auto batches = table::read_batches(source, read);
  while (const auto batch = batches->next())
    for (const auto& column : batch->table.columns) {
      const auto [at, is_new] = out.of.try_emplace(column.name, column.kind);
      if (is_new) out.order.push_back(column.name);
      at->second = wider(at->second, column.kind);
    }
  return out;
}

// What a column's rule is made of.
class Facts {
 public:
  Facts(const InferOptions& options, std::size_t columns)
      : options_(options),
        repeats_(std::make_unique<RepeatFinder>(RepeatFinder::share(options.memory, columns), fs::path(), 1)) {}

  void add(const Column* column, std::uint64_t first_row, std::size_t rows) {
    if (column == nullptr) {
      nulls_ += rows;
      return;
    }
    kind_ = wider(kind_, column->kind);
    binary_ |= column->source_type.find("binary") != std::string::npos;
    if (column->kind == Kind::other) {
      nulls_ += column->source_type == "null" ? rows : column->nulls();
      nulls_known_ = nulls_known_ && (column->source_type == "null" || column->nulls_known());
      return;
    }
    for (std::size_t row = 0; row < rows; ++row) nulls_ += has_value(*column, row) ? 0 : 1;
    if (column->kind == Kind::integer || column->kind == Kind::text) look_for_repeats(*column, first_row);
    if (column->kind == Kind::text) return add_texts(*column);
    if (column->kind == Kind::real) return add_range(*column, column->reals(), least_real_, most_real_);
    if (column->kind != Kind::boolean) add_range(*column, column->integers(), least_, most_);
  }
  void misfit() { ++misfits_; }
  [[nodiscard]] bool misfits() const { return misfits_ > 0; }

  [[nodiscard]] bool no_values(std::uint64_t rows) const { return nulls_ >= rows; }

  ColumnRule rule(const std::string& name, std::uint64_t rows) {
    ColumnRule out;
    out.name = name;
    nulls_ -= std::min(misfits_, nulls_);
    if (nulls_known_) out.nulls = share(rows);
    if (kind_ == Kind::other || misfits_ > 0) return out;
    out.type = kind_;
    const bool unique = (kind_ == Kind::integer || kind_ == Kind::text) && rows - nulls_ > 1 && repeats_ &&
                        repeats_->finish().count == 0;
    out.unique = unique;
    if (kind_ == Kind::text && !binary_ && shortest_ <= longest_) {
      if (!unique && texts_.size() <= options_.values)
        out.values.assign(texts_.begin(), texts_.end());
      else
        out.shortest = shortest_, out.longest = longest_;
    }
    if (kind_ == Kind::integer || kind_ == Kind::time) {
      if (least_ <= most_) out.min = least_, out.max = most_;
    } else if (kind_ == Kind::real) {
      // A Parquet column whose wider integers are doubles here.
      const bool wholes = least_ <= most_;
      const double least = wholes ? std::min(least_real_, static_cast<double>(least_)) : least_real_;
      const double most = wholes ? std::max(most_real_, static_cast<double>(most_)) : most_real_;
      if (least <= most) out.min = least, out.max = most;
    }
    return out;
  }

 private:
  // Most columns show in their first rows that they repeat, and need no memory for more.
  void look_for_repeats(const Column& column, std::uint64_t first_row) {
    constexpr std::uint64_t k_telling = 64 << 10;
    if (!repeats_) return;
    repeats_->add({&column}, first_row);
    if (first_look_ || first_row + column.rows() <= k_telling) return;
    first_look_ = true;
    if (repeats_->any()) repeats_.reset();
  }
  // Three digits, rounded up, so that the table itself passes.
  [[nodiscard]] double share(std::uint64_t rows) const {
    if (nulls_ == 0 || rows == 0) return 0;
    return std::min(1.0, std::ceil(1000 * static_cast<double>(nulls_) / static_cast<double>(rows)) / 1000);
  }
  template <typename T>
  static void add_range(const Column& column, std::span<const T> values, T& least, T& most) {
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!has_value(column, row)) continue;
      least = std::min(least, values[row]);
      most = std::max(most, values[row]);
    }
  }
  void add_texts(const Column& column) {
    std::vector<bool> used(column.dictionary().size());
    for (std::size_t row = 0; row < column.rows(); ++row)
      if (column.valid(row)) used[column.codes()[row]] = true;
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) continue;
      const auto text = column.dictionary()[i];
      const auto size = static_cast<std::uint64_t>(std::count_if(
          text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
      shortest_ = std::min(shortest_, size);
      longest_ = std::max(longest_, size);
      binary_ |= !is_utf8(text);
      if (texts_.size() <= options_.values) texts_.emplace(text.substr(0, 1024));
    }
  }

  const InferOptions& options_;
  std::unique_ptr<RepeatFinder> repeats_;
  Kind kind_ = Kind::other;
  bool binary_ = false, nulls_known_ = true, first_look_ = false;
  std::uint64_t nulls_ = 0, misfits_ = 0;
  std::int64_t least_ = INT64_MAX, most_ = INT64_MIN;
  double least_real_ = HUGE_VAL, most_real_ = -HUGE_VAL;
  std::uint64_t shortest_ = UINT64_MAX, longest_ = 0;
  std::set<std::string> texts_;  // one more than are listed tells that there are too many
};

struct Gathered {
  std::vector<std::string> order;
  std::map<std::string, Facts> of;
  std::uint64_t rows = 0;
};

Gathered gather(const table::Source& source, Format format, const Kinds& kinds, const InferOptions& options) {
  Gathered out;
  table::BatchOptions read;
  read.format = format;
  read.kinds = kinds.of;
  const auto batches = table::read_batches(source, read);
  while (const auto batch = batches->next()) {
    for (const auto& column : batch->table.columns)
      if (out.of.try_emplace(column.name, options, batch->table.columns.size()).second) {
        out.order.push_back(column.name);
        if (out.rows > 0) out.of.at(column.name).add(nullptr, 1, out.rows);
      }
    parallel_for(out.order.size(), [&](std::size_t i) {
      out.of.at(out.order[i]).add(batch->table.find(out.order[i]), batch->first_row, batch->table.rows);
    });
    for (const auto& misfit : batch->misfits) out.of.at(batch->table.columns[misfit.column].name).misfit();
    out.rows += batch->table.rows;
  }
  return out;
}

// JSON lines come in the order of the wanted kinds, so the first reading's order is the file's.
std::vector<std::string> order_of(const Kinds& kinds, const Gathered& gathered) {
  return kinds.order.empty() ? gathered.order : kinds.order;
}

}  // namespace

Schema infer(const table::Source& source, const InferOptions& options) {
  const Format format = table::detect_format(source);
  Kinds kinds;
  if (format != Format::parquet && format != Format::arrow) {
    kinds = kinds_of(source, format);
    std::erase_if(kinds.of, [](const auto& one) { return one.second == Kind::other; });
  }
  auto gathered = gather(source, format, kinds, options);
  bool again = false;
  for (const auto& [name, facts] : gathered.of)
    if (facts.misfits()) kinds.of[name] = Kind::text, again = true;
  if (again) gathered = gather(source, format, kinds, options);
  if (gathered.rows == 0)
    throw input_error("\"" + source.name() + "\" has no rows", "a schema is inferred from values");
  Schema out;
  out.min_rows = 1;
  for (const auto& name : order_of(kinds, gathered)) {
    out.columns.push_back(gathered.of.at(name).rule(name, gathered.rows));
    // JSON lines can't tell a column of nulls from one that is not there.
    if (format == Format::json_lines && gathered.of.at(name).no_values(gathered.rows))
      out.columns.back().optional = true;
  }
  return out;
}

}  // namespace mlops::schema
