#include "schema/row_diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "schema/exact_text.h"
#include "schema/row_hash.h"
#include "schema/spill.h"
#include "table/batches.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Format;
using table::Kind;

constexpr std::uint64_t k_null = 0x6e756c6c;

// How the cells of a column are compared: by the words of a kind that both have, as doubles, by their last digits, as
// texts.
enum class Form { same, number, exact, text };

struct Side {
  const table::Source* source;
  Format format;
  std::vector<std::string> order;
  std::map<std::string, Kind> kinds;
  std::map<std::string, std::string> types;  // of the file, where it has some
  std::set<std::string> exact;               // columns that hold more than their kind does
  std::set<std::string> large;               // columns with numbers that a double may not hold

  [[nodiscard]] bool typed() const { return format == Format::parquet || format == Format::arrow; }
};

struct Compared {
  std::string name;
  Form form = Form::same;
  Kind kind = Kind::other;  // of the side before, or time, where either side's is
};

// What holds both. "other" of a batch without values says nothing.
Kind wider(Kind a, Kind b) {
  if (a == b || b == Kind::other) return a;
  if (a == Kind::other) return b;
  const bool numbers = (a == Kind::integer || a == Kind::real) && (b == Kind::integer || b == Kind::real);
  return numbers ? Kind::real : Kind::text;
}

bool has_large(const Column& column) {
  constexpr double k_whole = 9007199254740992;
  constexpr std::int64_t k_limit = std::int64_t{1} << 53;
  if (column.kind == Kind::integer)
    return std::any_of(column.integers().begin(), column.integers().end(),
                       [](std::int64_t value) { return value >= k_limit || value <= -k_limit; });
  return column.kind == Kind::real && std::any_of(column.reals().begin(), column.reals().end(),
                                                  [](double value) { return value >= k_whole || value <= -k_whole; });
}

Side look_at(const table::Source& source) {
  Side side{&source, table::detect_format(source), {}, {}, {}, {}, {}};
  table::BatchOptions read;
  read.format = side.format;
  const auto batches = table::read_batches(source, read);
  while (const auto batch = batches->next()) {
    for (const auto& column : batch->table.columns) {
      const auto [at, is_new] = side.kinds.try_emplace(column.name, column.kind);
      if (is_new) side.order.push_back(column.name);
      at->second = wider(at->second, column.kind);
      side.types[column.name] = column.source_type;
      if (column.exact() != nullptr) side.exact.insert(column.name);
      if (!side.typed() && has_large(column)) side.large.insert(column.name);
    }
    if (side.typed()) break;  // every batch is of the file's own types
  }
  return side;
}

std::string type_of(const Side& side, const Side& other, const std::string& name) {
  if (!side.kinds.contains(name)) return "";
  if (side.typed() && other.typed()) return side.types.at(name);
  const Kind kind = side.kinds.at(name);
  return kind == Kind::other && side.types.at(name) == "null" ? "no values" : table::to_text(kind);
}

std::vector<ColumnDiff> column_diffs(const Side& before, const Side& after) {
  std::vector<ColumnDiff> out;
  std::set<std::string> seen;
  for (const auto* side : {&before, &after})
    for (const auto& name : side->order) {
      if (!seen.insert(name).second) continue;
      const ColumnDiff diff{name, type_of(before, after, name), type_of(after, before, name)};
      if (diff.before != diff.after) out.push_back(diff);
    }
  return out;
}

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::real; }

// Numbers of which a double may lose digits.
bool is_wide(const Side& side, const std::string& name) {
  return side.exact.contains(name) || (side.kinds.at(name) == Kind::real && side.large.contains(name));
}
// Every digit of its numbers can be had.
bool has_digits(const Side& side, const std::string& name) {
  return side.kinds.at(name) == Kind::integer || side.exact.contains(name) ||
         side.types.at(name).starts_with("decimal") ||  // of up to 15 digits, which a double shows
         (!side.typed() && side.format != Format::json_lines);
}

// `other` is a time or, in a file without types, a text that may be one.
bool is_time_beside(Kind kind, Kind other, const Side& side) {
  return kind == Kind::time && (other == Kind::time || (other == Kind::text && !side.typed()));
}

Form form_of(const Side& before, const Side& after, const std::string& name) {
  const Kind a = before.kinds.at(name), b = after.kinds.at(name);
  const bool one_type = before.typed() && after.typed() && before.types.at(name) == after.types.at(name);
  if (a == b && one_type) return Form::same;
  // Texts that are times in more than one spelling may stand for the other side's times.
  if (is_time_beside(a, b, after) || is_time_beside(b, a, before)) return Form::exact;
  if (!is_number(a) || !is_number(b)) return a == b ? Form::same : Form::text;
  if ((is_wide(before, name) || is_wide(after, name)) && has_digits(before, name) && has_digits(after, name))
    return Form::exact;
  return a == b && !before.exact.contains(name) && !after.exact.contains(name) ? Form::same : Form::number;
}

Kind kind_of(const Side& before, const Side& after, const std::string& name) {
  return after.kinds.at(name) == Kind::time ? Kind::time : before.kinds.at(name);
}

std::vector<Compared> compared_columns(const Side& before, const Side& after) {
  std::vector<Compared> out;
  for (const auto& name : before.order) {
    if (after.kinds.contains(name)) out.push_back({name, form_of(before, after, name), kind_of(before, after, name)});
  }
  return out;
}

std::vector<std::size_t> key_columns(const std::vector<Compared>& columns, const Side& before, const Side& after,
                                     const std::vector<std::string>& key) {
  std::vector<std::size_t> out;
  for (const auto& name : key) {
    const auto at =
        std::find_if(columns.begin(), columns.end(), [&](const Compared& column) { return column.name == name; });
    if (at != columns.end()) {
      out.push_back(static_cast<std::size_t>(at - columns.begin()));
      continue;
    }
    const Side& lacks = before.kinds.contains(name) ? after : before;
    const std::string near = nearest(name, lacks.order);
    throw input_error("there is no column \"" + printable(name) + "\" in " + printable(lacks.source->name()),
                      near.empty() ? "mlops data profile lists the columns" : "did you mean \"" + near + "\"?");
  }
  return out;
}

// Batches of one side, texts where the file has none of its own types and the other side's differ.
std::unique_ptr<table::BatchReader> open_batches(const Side& side, const std::vector<Compared>& columns) {
  table::BatchOptions read;
  read.format = side.format;
  for (const auto& [name, kind] : side.kinds)
    if (kind != Kind::other) read.kinds[name] = kind;
  for (const auto& column : columns)
    if (column.form == Form::text || side.kinds.at(column.name) == Kind::other ||
        (column.form == Form::exact && (side.format != Format::json_lines || column.kind == Kind::time)))
      read.kinds[column.name] = Kind::text;
  return table::read_batches(*side.source, read);
}

std::uint64_t hash_text(std::string_view text, RowHash key) {
  mix(key, text);
  return key.high ^ key.low;
}

std::uint64_t hash_word(std::uint64_t word, RowHash key) {
  mix(key, word);
  return key.high ^ key.low;
}

std::uint64_t hash_words(const table::ExactValues::Words& words, RowHash key) {
  for (const auto word : words) mix(key, word);
  return key.high ^ key.low;
}

void hash_native(const Column& column, RowHash key, std::vector<std::uint64_t>& out) {
  const std::size_t rows = out.size();
  if (const auto* exact = column.exact()) {
    for (std::size_t row = 0; row < rows; ++row)
      if (column.valid(row)) out[row] = hash_words(exact->words(row), key);
    return;
  }
  if (column.kind == Kind::boolean)
    for (std::size_t row = 0; row < rows; ++row) out[row] = hash_word(column.booleans()[row], key);
  if (column.kind == Kind::integer || column.kind == Kind::time)
    for (std::size_t row = 0; row < rows; ++row)
      out[row] = hash_word(static_cast<std::uint64_t>(column.integers()[row]), key);
  if (column.kind == Kind::real)
    for (std::size_t row = 0; row < rows; ++row)
      out[row] = column.reals()[row] == column.reals()[row] ? hash_word(bits_of(column.reals()[row]), key) : k_null;
  if (column.kind != Kind::text) return;
  std::vector<std::uint64_t> known;
  for (const auto text : column.dictionary()) known.push_back(hash_text(text, key));
  for (std::size_t row = 0; row < rows; ++row)
    if (column.valid(row)) out[row] = known[column.codes()[row]];
}

void hash_exact(const Column& column, Kind kind, RowHash key, std::vector<std::uint64_t>& out) {
  std::vector<std::uint64_t> known;
  if (column.kind == Kind::text)
    for (const auto text : column.dictionary()) known.push_back(hash_text(exact_text(text, kind == Kind::time), key));
  for (std::size_t row = 0; row < out.size(); ++row)
    if (column.valid(row))
      out[row] = known.empty() ? hash_text(exact_text(column, row), key) : known[column.codes()[row]];
}

void hash_doubles(const Column& column, RowHash key, std::vector<std::uint64_t>& out) {
  for (std::size_t row = 0; row < out.size(); ++row) {
    const double value =
        column.kind == Kind::integer ? static_cast<double>(column.integers()[row]) : column.reals()[row];
    out[row] = value == value ? hash_word(bits_of(value), key) : k_null;
  }
}

// One 64-bit word for each cell of the batch's column; a column that the batch lacks is null.
std::vector<std::uint64_t> hash_cells(const Column* column, const Compared& compared, std::size_t rows, RowHash key) {
  std::vector<std::uint64_t> out(rows, k_null);
  if (column == nullptr) return out;
  const Form form = compared.form;
  if (form == Form::exact)
    hash_exact(*column, compared.kind, key, out);
  else if (form == Form::same || (form == Form::text && column->kind == Kind::text))
    hash_native(*column, key, out);
  else if (form == Form::number && is_number(column->kind))
    hash_doubles(*column, key, out);
  else
    for (std::size_t row = 0; row < rows; ++row) out[row] = hash_text(column->show(row), key);
  if (column->kind == Kind::other) std::fill(out.begin(), out.end(), k_null + 1);
  for (std::size_t row = 0; row < rows; ++row)
    if (!column->valid(row)) out[row] = k_null;
  return out;
}

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
      if ((is_wide(before, column.name) || is_wide(after, column.name)) && is_number(column.kind) &&
          (column.form == Form::number || (column.form == Form::same && !before.typed())))
        out_.rounded.push_back(column.name);
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
