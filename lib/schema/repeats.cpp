#include "schema/repeats.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "base/error.h"
#include "schema/row_hash.h"
#include "schema/spill.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Kind;

constexpr std::size_t k_parts = 256;

using Hash = RowHash;

// Adds one column's values to the hashes of the rows. Each different text is hashed once.
void mix_column(const Column& column, const Hash& key, std::vector<Hash>& hashes) {
  if (const auto* exact = column.exact()) {
    for (std::size_t row = 0; row < hashes.size(); ++row)
      if (column.valid(row))
        for (const auto word : exact->words(row)) mix(hashes[row], word);
    return;
  }
  switch (column.kind) {
    case Kind::boolean:
      for (std::size_t row = 0; row < hashes.size(); ++row) mix(hashes[row], column.booleans()[row]);
      return;
    case Kind::integer:
    case Kind::time:
      for (std::size_t row = 0; row < hashes.size(); ++row)
        mix(hashes[row], static_cast<std::uint64_t>(column.integers()[row]));
      return;
    case Kind::real:
      for (std::size_t row = 0; row < hashes.size(); ++row) mix(hashes[row], bits_of(column.reals()[row]));
      return;
    case Kind::text: {
      std::vector<Hash> known;
      for (const auto text : column.dictionary()) mix(known.emplace_back(key), text);
      for (std::size_t row = 0; row < hashes.size(); ++row) {
        const Hash& text = known[column.codes()[row]];
        mix(hashes[row], text.high);
        mix(hashes[row], text.low);
      }
      return;
    }
    case Kind::other:
      return;
  }
}

bool has_value(const Column& column, std::size_t row) {
  if (column.kind == Kind::other || !column.valid(row)) return false;
  return column.kind != Kind::real || column.reals()[row] == column.reals()[row];  // NaN is null
}

}  // namespace

RepeatFinder::RepeatFinder(std::size_t memory, fs::path folder, std::size_t most)
    : limit_(std::max<std::size_t>(memory / sizeof(Entry), 1)), most_(most), file_(k_parts, std::move(folder)) {
  std::random_device random;
  for (auto& key : key_) key = (static_cast<std::uint64_t>(random()) << 32) | random();
}

void RepeatFinder::add(const std::vector<const Column*>& columns, std::uint64_t first_row) {
  if (columns.empty() || std::find(columns.begin(), columns.end(), nullptr) != columns.end()) return;
  const Hash key{key_[0], key_[1]};
  std::vector<Hash> hashes(columns.front()->rows(), key);
  for (const Column* column : columns) mix_column(*column, key, hashes);
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (!std::all_of(columns.begin(), columns.end(), [&](const Column* column) { return has_value(*column, row); }))
      continue;
    entries_.push_back({hashes[row].high, hashes[row].low, first_row + row});
    if (entries_.size() >= limit_) spill();
  }
}

// Equal ones leave memory here already, so that a value that is everywhere fills no file.
void RepeatFinder::spill() {
  file_.open();
  look();
  for (std::size_t from = 0; from < entries_.size();) {
    const auto part = entries_[from].high >> 56;
    std::size_t to = from;
    while (to < entries_.size() && entries_[to].high >> 56 == part) ++to;
    file_.append(part, std::as_bytes(std::span(entries_).subspan(from, to - from)));
    from = to;
  }
  entries_.clear();
}

// Sorts the entries, counts those that repeat an earlier one and drops them.
void RepeatFinder::look() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.high, a.low, a.row) < std::tie(b.high, b.low, b.row);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    const Entry& first = entries_[kept];
    if (entries_[i].high == first.high && entries_[i].low == first.low)
      found(entries_[i].row, first.row);
    else
      entries_[++kept] = entries_[i];
  }
  if (!entries_.empty()) entries_.resize(kept + 1);
}

void RepeatFinder::found(std::uint64_t row, std::uint64_t first) {
  ++found_.count;
  found_.earliest.push_back({row, first});
  if (found_.earliest.size() >= 2 * most_ + 1024) keep_earliest();
}

void RepeatFinder::keep_earliest() {
  auto& rows = found_.earliest;
  const auto kept = std::min(most_, rows.size());
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end(),
                    [](const Repeat& a, const Repeat& b) { return a.row < b.row; });
  rows.resize(kept);
}

std::size_t RepeatFinder::share(std::size_t memory, std::size_t finders) {
  constexpr std::size_t k_least = 1 << 20;
  return std::min(memory, std::max(k_least, 4 * memory / std::max<std::size_t>(finders, 1)));
}

bool RepeatFinder::any() {
  look();
  return found_.count > 0;
}

Repeats RepeatFinder::finish() {
  if (!file_.used())
    look();
  else
    spill();
  for (std::size_t part = 0; file_.used() && part < k_parts; ++part) {
    entries_.assign(file_.size(part) / sizeof(Entry), {});
    file_.read(part, std::as_writable_bytes(std::span(entries_)));
    look();
  }
  keep_earliest();
  return found_;
}

}  // namespace mlops::schema
