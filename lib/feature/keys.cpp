#include "feature/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/pool.h"

namespace mlops::feature {
namespace {

using table::Column;
using table::Kind;

constexpr std::size_t k_block = 1 << 16;

bool integral(const Column& column) {
  return column.kind == Kind::integer || column.kind == Kind::boolean || column.kind == Kind::real ||
         column.kind == Kind::time;
}

// False: the row has no integer there. Reals count where they are whole and exact.
bool integer_at(const Column& column, std::size_t row, std::int64_t& out) {
  if (!column.valid(row)) return false;
  switch (column.kind) {
    case Kind::integer:
      out = column.integers()[row];
      return true;
    case Kind::boolean:
      out = column.booleans()[row];
      return true;
    case Kind::time:
      out = column.times()[row];
      return true;
    default: {
      const double value = column.reals()[row];
      if (!(std::abs(value) < 0x1p63) || std::trunc(value) != value) return false;
      out = static_cast<std::int64_t>(value);
      return true;
    }
  }
}

std::int64_t pair_of(std::uint32_t first, std::uint32_t second) {
  return static_cast<std::int64_t>(std::uint64_t{first} << 32 | second);
}

void check_kind(const Column& column) {
  if (column.kind == Kind::other && column.source_type != "null")
    throw input_error(fmt::format("column \"{}\" ({}) can't be a join key", column.name, column.source_type));
}

// The number of each entry of the dictionary, then of each row.
template <typename Find>
std::vector<std::uint32_t> text_numbers(const Column& column, const Find& find) {
  std::vector<std::uint32_t> entries, out(column.rows(), k_no_key);
  for (const auto text : column.dictionary()) entries.push_back(find(text));
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) out[row] = entries[column.codes()[row]];
  return out;
}

}  // namespace

std::size_t IntegerNumbers::slot_of(std::int64_t value) const {
  auto hash = static_cast<std::uint64_t>(value) * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 32;
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].number != k_no_key && slots_[at].value != value) at = (at + 1) & (slots_.size() - 1);
  return at;
}

std::uint32_t IntegerNumbers::add(std::int64_t value) {
  if ((std::size_t{count_} + 1) * 2 > slots_.size()) grow();
  Slot& slot = slots_[slot_of(value)];
  if (slot.number == k_no_key) slot = {value, count_++};
  return slot.number;
}

std::uint32_t IntegerNumbers::find(std::int64_t value) const {
  return slots_.empty() ? k_no_key : slots_[slot_of(value)].number;
}

void IntegerNumbers::grow() {
  const auto old = std::move(slots_);
  slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{});
  for (const auto& slot : old)
    if (slot.number != k_no_key) slots_[slot_of(slot.value)] = slot;
}

KeyNumbers::KeyNumbers(const std::vector<const Column*>& columns, std::size_t rows) : rows_(rows, 0) {
  for (const auto* column : columns) add_column(*column);
}

void KeyNumbers::add_column(const Column& column) {
  check_kind(column);
  auto part = std::make_unique<Part>();
  part->name = column.name;
  part->text = column.kind == Kind::text;
  part->kept = column;
  std::vector<std::uint32_t> numbers(column.rows(), k_no_key);
  if (part->text) {
    // Entries that no row uses get numbers too: they only take room.
    numbers = text_numbers(part->kept, [&](std::string_view text) {
      return part->texts.try_emplace(text, static_cast<std::uint32_t>(part->texts.size())).first->second;
    });
  } else if (integral(column)) {
    std::int64_t value = 0;
    for (std::size_t row = 0; row < column.rows(); ++row)
      if (integer_at(column, row, value)) numbers[row] = part->integers.add(value);
  }
  const std::uint32_t count = part->text ? static_cast<std::uint32_t>(part->texts.size()) : part->integers.size();
  parts_.push_back(std::move(part));
  if (parts_.size() == 1) {
    rows_ = std::move(numbers);
    size_ = count;
    return;
  }
  auto pairs = std::make_unique<IntegerNumbers>();
  for (std::size_t row = 0; row < rows_.size(); ++row)
    rows_[row] =
        rows_[row] == k_no_key || numbers[row] == k_no_key ? k_no_key : pairs->add(pair_of(rows_[row], numbers[row]));
  size_ = pairs->size();
  pairs_.push_back(std::move(pairs));
}

std::vector<std::uint32_t> KeyNumbers::match(const std::vector<const Column*>& columns, std::size_t rows) const {
  std::vector<std::uint32_t> out(rows, 0);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const Column& column = *columns[c];
    const Part& part = *parts_[c];
    check_kind(column);
    const bool none = column.kind == Kind::other || part.kept.kind == Kind::other;  // no values on one side
    if (!none && (column.kind == Kind::text) != part.text)
      throw input_error(fmt::format("the join key \"{}\" holds {} on one side and {} on the other", part.name,
                                    to_text(part.kept.kind), to_text(column.kind)));
    std::vector<std::uint32_t> texts;
    if (!none && part.text)
      texts = text_numbers(column, [&](std::string_view text) {
        const auto found = part.texts.find(text);
        return found == part.texts.end() ? k_no_key : found->second;
      });
    parallel_for((rows + k_block - 1) / k_block, [&](std::size_t block) {
      for (std::size_t row = block * k_block; row < std::min(rows, (block + 1) * k_block); ++row) {
        std::uint32_t number = k_no_key;
        std::int64_t value = 0;
        if (none)
          number = k_no_key;
        else if (part.text)
          number = texts[row];
        else if (integer_at(column, row, value))
          number = part.integers.find(value);
        if (c == 0)
          out[row] = number;
        else
          out[row] =
              out[row] == k_no_key || number == k_no_key ? k_no_key : pairs_[c - 1]->find(pair_of(out[row], number));
      }
    });
  }
  return out;
}

}  // namespace mlops::feature
