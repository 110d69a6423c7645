#include "schema/row_diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "schema/cell_hash.h"
#include "schema/compared_columns.h"
#include "schema/row_hash.h"
#include "schema/spill.h"

namespace mlops::schema {
namespace {

using table::Kind;

// The rows of lowest number, a few of them.
class First {
 public:
  struct Row {
    std::uint64_t before = 0, after = 0;
    std::vector<std::size_t> columns;  // that changed
  };
  explicit First(std::size_t most) : most_(most) {}
  void add(Row row) {
    rows_.push_back(std::move(row));
    if (rows_.size() >= 2 * most_ + 1024) cut();
  }
  const std::vector<Row>& cut() {
    const auto less = [](const Row& a, const Row& b) {
      return std::tie(a.before, a.after) < std::tie(b.before, b.after);
    };
    const auto kept = static_cast<std::ptrdiff_t>(std::min(most_, rows_.size()));
    std::partial_sort(rows_.begin(), rows_.begin() + kept, rows_.end(), less);
    rows_.resize(static_cast<std::size_t>(kept));
    return rows_;
  }

 private:
  std::size_t most_;
  std::vector<Row> rows_;
};

// A record: hash of the key (two words), then with a key: hash of the row, its number, a word for each cell;
// without: how many rows are equal, the number of the first.
enum Word : std::size_t { k_high, k_low, k_hash, k_row, k_cells, k_count = k_hash };

using Record = const std::uint64_t*;

bool same_key(Record a, Record b) { return a[k_high] == b[k_high] && a[k_low] == b[k_low]; }

class Comparison {
 public:
  Comparison(const Side& before, const Side& after, const RowDiffOptions& options)
      : before_(before),
        after_(after),
        options_(options),
        columns_(compared_columns(before, after)),
        key_(key_columns(columns_, before, after, options.key)),
        width_(key_.empty() ? k_cells : k_cells + columns_.size()),
        changed_cells_(columns_.size()),
        added_(options.most),
        removed_(options.most),
        changed_(options.most) {
    std::random_device random;
    for (auto* word : {&random_.high, &random_.low}) *word = (static_cast<std::uint64_t>(random()) << 32) | random();
    out_.columns = column_diffs(before, after);
    for (const auto& column : columns_)
      if (before.kinds.at(column.name) == Kind::other && after.kinds.at(column.name) == Kind::other && before.typed() &&
          after.typed())
        out_.not_compared.push_back(column.name);
    for (const auto& column : columns_)
      if (is_rounded(before, after, column)) out_.rounded.push_back(column.name);
  }

  RowDiff run() {
    Spill a(width_, options_.memory, options_.folder), b(width_, options_.memory, options_.folder);
    if (key_.empty()) a.shrink = b.shrink = [this](std::vector<std::uint64_t>& words) { join_equal(words); };
    out_.rows_before = read(before_, a);
    out_.rows_after = read(after_, b);
    if (columns_.empty()) {  // nothing tells a row from another one
      out_.removed = out_.rows_before;
      out_.added = out_.rows_after;
      return std::move(out_);
    }
    if (a.spilled() || b.spilled()) {
      a.spill();
      b.spill();
    }
    for (std::size_t part = 0; part < (a.spilled() ? Spill::k_parts : 1); ++part) join(a.take(part), b.take(part));
    finish();
    return std::move(out_);
  }

 private:
  std::uint64_t read(const Side& side, Spill& spill) {
    const auto batches = open_batches(side, columns_);
    std::uint64_t rows = 0;
    while (const auto batch = batches->next()) {
      add(*batch, spill);
      rows += batch->table.rows;
    }
    return rows;
  }

  void add(const table::Batch& batch, Spill& spill) {
    std::vector<std::vector<std::uint64_t>> cells;
    for (const auto& column : columns_)
      cells.push_back(hash_cells(batch.table.find(column.name), column, batch.table.rows, random_));
    for (const auto& misfit : batch.misfits)
      for (std::size_t c = 0; c < columns_.size(); ++c)
        if (columns_[c].name == batch.table.columns[misfit.column].name)
          cells[c][misfit.row] = hash_text(misfit.text, random_);
    for (std::size_t row = 0; row < batch.table.rows; ++row) add_row(cells, row, batch.first_row + row, spill.add());
  }

  void add_row(const std::vector<std::vector<std::uint64_t>>& cells, std::size_t row, std::uint64_t number,
               std::uint64_t* record) {
    RowHash whole = random_, key = random_;
    for (const auto& column : cells) mix(whole, column[row]);
    for (const auto c : key_) mix(key, cells[c][row]);
    const RowHash& name = key_.empty() ? whole : key;
    record[k_high] = name.high;
    record[k_low] = name.low;
    record[k_hash] = key_.empty() ? 1 : whole.high ^ whole.low;
    record[k_row] = number;
    for (std::size_t c = 0; !key_.empty() && c < cells.size(); ++c) record[k_cells + c] = cells[c][row];
  }

  std::vector<Record> sorted(const std::vector<std::uint64_t>& words) const {
    std::vector<Record> out;
    for (std::size_t at = 0; at < words.size(); at += width_) out.push_back(words.data() + at);
    const bool keyed = !key_.empty();
    std::sort(out.begin(), out.end(), [keyed](Record a, Record b) {
      return std::make_tuple(a[k_high], a[k_low], keyed ? a[k_hash] : 0, a[k_row]) <
             std::make_tuple(b[k_high], b[k_low], keyed ? b[k_hash] : 0, b[k_row]);
    });
    return out;
  }

  // Equal rows become one record.
  void join_equal(std::vector<std::uint64_t>& words) const {
    std::vector<std::uint64_t> kept;
    for (const Record record : sorted(words)) {
      if (!kept.empty() && same_key(kept.data() + kept.size() - width_, record))
        kept[kept.size() - width_ + k_count] += record[k_count];
      else
        kept.insert(kept.end(), record, record + width_);
    }
    words = std::move(kept);
  }

  void join(std::vector<std::uint64_t> before, std::vector<std::uint64_t> after) {
    if (key_.empty()) {
      join_equal(before);
      join_equal(after);
    }
    const auto a = sorted(before), b = sorted(after);
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      const Record first = i == a.size()                                                                ? b[j]
                           : j == b.size()                                                              ? a[i]
                           : std::tie(a[i][k_high], a[i][k_low]) <= std::tie(b[j][k_high], b[j][k_low]) ? a[i]
                                                                                                        : b[j];
      std::vector<Record> left, right;
      while (i < a.size() && same_key(a[i], first)) left.push_back(a[i++]);
      while (j < b.size() && same_key(b[j], first)) right.push_back(b[j++]);
      if (key_.empty())
        compare_counts(left, right);
      else
        compare_rows(left, right);
    }
  }

  void compare_counts(const std::vector<Record>& left, const std::vector<Record>& right) {
    const std::uint64_t before = left.empty() ? 0 : left[0][k_count], after = right.empty() ? 0 : right[0][k_count];
    out_.unchanged += std::min(before, after);
    if (before > after) {
      out_.removed += before - after;
      removed_.add({left[0][k_row], 0, {}});
    } else if (after > before) {
      out_.added += after - before;
      added_.add({0, right[0][k_row], {}});
    }
  }

  void compare_rows(std::vector<Record> left, std::vector<Record> right) {
    for (const auto* side : {&left, &right}) out_.repeated_keys += side->empty() ? 0 : side->size() - 1;
    take_equal(left, right);
    const auto by_row = [](Record a, Record b) { return a[k_row] < b[k_row]; };
    std::sort(left.begin(), left.end(), by_row);
    std::sort(right.begin(), right.end(), by_row);
    const std::size_t pairs = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < pairs; ++i) compare_cells(left[i], right[i]);
    out_.removed += left.size() - pairs;
    out_.added += right.size() - pairs;
    for (std::size_t i = pairs; i < left.size(); ++i) removed_.add({left[i][k_row], 0, {}});
    for (std::size_t i = pairs; i < right.size(); ++i) added_.add({0, right[i][k_row], {}});
  }

  // Both are sorted by the rows' hashes.
  void take_equal(std::vector<Record>& left, std::vector<Record>& right) {
    std::vector<Record> rest_left, rest_right;
    std::size_t i = 0, j = 0;
    while (i < left.size() && j < right.size()) {
      const auto a = left[i][k_hash], b = right[j][k_hash];
      if (a == b)
        ++out_.unchanged, ++i, ++j;
      else if (a < b)
        rest_left.push_back(left[i++]);
      else
        rest_right.push_back(right[j++]);
    }
    rest_left.insert(rest_left.end(), left.begin() + static_cast<std::ptrdiff_t>(i), left.end());
    rest_right.insert(rest_right.end(), right.begin() + static_cast<std::ptrdiff_t>(j), right.end());
    left = std::move(rest_left);
    right = std::move(rest_right);
  }

  void compare_cells(Record before, Record after) {
    First::Row row{before[k_row], after[k_row], {}};
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (before[k_cells + c] == after[k_cells + c]) continue;
      ++changed_cells_[c];
      row.columns.push_back(c);
    }
    ++out_.changed;
    changed_.add(std::move(row));
  }

  using Rows = std::map<std::uint64_t, std::map<std::string, CellText>>;

  // The rows of these numbers, as texts.
  Rows fetch(const Side& side, const std::set<std::uint64_t>& numbers) const {
    Rows out;
    if (numbers.empty()) return out;
    const auto batches = open_batches(side, columns_);
    while (const auto batch = batches->next()) {
      const auto end = batch->first_row + batch->table.rows;
      for (auto number = numbers.lower_bound(batch->first_row); number != numbers.end() && *number < end; ++number)
        for (const auto& column : batch->table.columns) {
          const std::size_t row = *number - batch->first_row;
          out[*number][column.name] = !column.valid(row)          ? std::nullopt
                                      : column.exact() != nullptr ? CellText(column.exact()->text(row))
                                                                  : CellText(column.show(row));
        }
      for (const auto& misfit : batch->misfits)
        if (const auto row = out.find(batch->first_row + misfit.row); row != out.end())
          row->second[batch->table.columns[misfit.column].name] = misfit.text;
      if (end > *numbers.rbegin()) break;
    }
    return out;
  }

  static CellText cell(const Rows& rows, std::uint64_t number, const std::string& column) {
    const auto row = rows.find(number);
    if (row == rows.end()) return std::nullopt;
    const auto found = row->second.find(column);
    return found == row->second.end() ? std::nullopt : found->second;
  }

  void finish() {
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (changed_cells_[c] > 0) out_.cells.push_back({columns_[c].name, changed_cells_[c]});
    std::stable_sort(out_.cells.begin(), out_.cells.end(),
                     [](const auto& a, const auto& b) { return a.changed > b.changed; });
    std::set<std::uint64_t> before, after;
    for (auto* first : {&added_, &removed_, &changed_})
      for (const auto& row : first->cut()) {
        if (row.before != 0) before.insert(row.before);
        if (row.after != 0) after.insert(row.after);
      }
    const Rows old_rows = fetch(before_, before), new_rows = fetch(after_, after);
    for (const auto& [first, examples] :
         {std::pair(&added_, &out_.added_rows), std::pair(&removed_, &out_.removed_rows),
          std::pair(&changed_, &out_.changed_rows)})
      for (const auto& row : first->cut()) examples->push_back(example(row, old_rows, new_rows));
  }

  RowExample example(const First::Row& row, const Rows& old_rows, const Rows& new_rows) const {
    RowExample out{row.before, row.after, {}, {}};
    const Rows& rows = row.before != 0 ? old_rows : new_rows;
    const auto number = row.before != 0 ? row.before : row.after;
    for (const auto c : key_) out.key.push_back({columns_[c].name, cell(rows, number, columns_[c].name)});
    for (std::size_t c = 0; key_.empty() && c < columns_.size(); ++c)
      out.key.push_back({columns_[c].name, cell(rows, number, columns_[c].name)});
    for (const auto c : row.columns)
      out.cells.push_back({columns_[c].name, cell(old_rows, row.before, columns_[c].name),
                           cell(new_rows, row.after, columns_[c].name)});
    return out;
  }

  const Side& before_;
  const Side& after_;
  const RowDiffOptions& options_;
  std::vector<Compared> columns_;
  std::vector<std::size_t> key_;  // positions in columns_
  std::size_t width_;
  RowHash random_;
  RowDiff out_;
  std::vector<std::uint64_t> changed_cells_;
  First added_, removed_, changed_;
};

}  // namespace

RowDiff diff_rows(const table::Source& before, const table::Source& after, const RowDiffOptions& options) {
  const Side old_side = look_at(before), new_side = look_at(after);
  return Comparison(old_side, new_side, options).run();
}

}  // namespace mlops::schema
