#include "schema/cell_hash.h"

#include <algorithm>

#include "schema/exact_text.h"

namespace mlops::schema {

std::uint64_t hash_text(std::string_view text, RowHash key) {
  mix(key, text);
  return key.high ^ key.low;
}

namespace {

using table::Column;
using table::Kind;

constexpr std::uint64_t k_null = 0x6e756c6c;

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

}  // namespace

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

}  // namespace mlops::schema
