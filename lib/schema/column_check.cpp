#include "schema/column_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "schema/duration.h"
#include "table/fit.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Kind;

std::string beginning(std::string_view text) {
  constexpr std::size_t k_shown = 80;
  if (text.size() <= k_shown) return to_utf8(text);
  std::size_t end = k_shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return to_utf8(text.substr(0, end)) + "…";
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// -1, 0, 1: exact where both are whole.
template <typename T>
int order(T value, const Bound& bound, Micros now) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    const auto* whole = std::get_if<std::int64_t>(&bound);
    if (whole != nullptr || std::holds_alternative<Now>(bound)) {
      const std::int64_t limit = whole != nullptr ? *whole : now;
      return value < limit ? -1 : value > limit ? 1 : 0;
    }
  }
  const double limit = std::holds_alternative<Now>(bound) ? static_cast<double>(now)
                       : std::holds_alternative<std::int64_t>(bound)
                           ? static_cast<double>(std::get<std::int64_t>(bound))
                           : std::get<double>(bound);
  const auto real = static_cast<double>(value);
  return real < limit ? -1 : real > limit ? 1 : 0;
}

std::string rows(std::uint64_t count) { return count == 1 ? "1 row" : show_count(count) + " rows"; }

}  // namespace

std::string shown(const Column& column, std::size_t row) {
  if (!column.valid(row)) return {};
  return beginning(column.kind == Kind::text ? column.text(row) : column.show(row));
}

bool has_value(const Column& column, std::size_t row) {
  return column.valid(row) && (column.kind != Kind::real || !std::isnan(column.reals()[row]));
}

Column as_written(const Column& column) {
  std::vector<std::string> values(column.rows());
  table::Validity valid(column.rows(), 1);
  for (std::size_t row = 0; row < values.size(); ++row) {
    valid[row] = has_value(column, row) && column.kind != Kind::other ? 1 : 0;
    if (valid[row] == 0) continue;
    const auto time = column.kind == Kind::text ? table::fit_time(column.text(row)) : std::nullopt;
    values[row] = time ? to_utc(*time) : column.show(row);
  }
  return table::make_texts(column.name, values, std::move(valid));
}

std::string show(const Bound& bound, std::optional<Kind> type) {
  if (std::holds_alternative<Now>(bound)) return "now";
  if (const auto* real = std::get_if<double>(&bound)) return show_double(*real);
  const auto whole = std::get<std::int64_t>(bound);
  return type == Kind::time ? show_time(whole) : std::to_string(whole);
}

std::string show(const Value& value, std::optional<Kind> type) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) return show_double(*real);
  return show(Bound(std::get<std::int64_t>(value)), type);
}

ColumnCheck::ColumnCheck(const ColumnRule& rule, const ValidateOptions& options, table::Format format)
    : rule_(rule),
      options_(options),
      format_(format),
      by_value_(format != table::Format::parquet && format != table::Format::arrow && !rule.type),
      misfits_(options.offenders),
      nulls_(options.offenders),
      below_(options.offenders),
      above_(options.offenders),
      short_(options.offenders),
      long_(options.offenders),
      strange_(options.offenders),
      unmatched_(options.offenders) {
  if (!rule.pattern.empty()) pattern_ = compile_pattern(rule.pattern);
  if (rule.unique) repeats_.emplace(options.memory, fs::path(), options.offenders);
  for (const auto& value : rule.values) {
    if (const auto* text = std::get_if<std::string>(&value)) texts_.insert(*text);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      wholes_.insert(*whole), reals_.insert(static_cast<double>(*whole));
    if (const auto* real = std::get_if<double>(&value)) reals_.insert(*real);
    if (const auto* truth = std::get_if<bool>(&value)) (*truth ? true_ : false_) = true;
  }
}

bool ColumnCheck::right_type(const Column& column) {
  const bool empty = column.kind == Kind::other && column.source_type == "null";
  if (!rule_.type || empty || column.kind == *rule_.type) return true;
  if (*rule_.type == Kind::real && column.kind == Kind::integer) return true;
  wrong_type_ = table::to_text(column.kind);
  if (!column.source_type.empty() && column.source_type != wrong_type_) wrong_type_ += " (" + column.source_type + ")";
  return false;
}

void ColumnCheck::count_nulls(const Column& column, const std::vector<table::Misfit>& misfits,
                              std::uint64_t first_row) {
  for (const auto& misfit : misfits) misfits_.fail(first_row + misfit.row, [&] { return misfit.text; });
  if (column.nulls() == 0 && column.kind != Kind::real) return;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (has_value(column, row)) continue;
    const auto at = std::lower_bound(misfits.begin(), misfits.end(), row,
                                     [](const auto& one, std::size_t wanted) { return one.row < wanted; });
    if (at != misfits.end() && at->row == row) continue;
    nulls_.fail(first_row + row, [] { return std::string(); });
  }
}

void ColumnCheck::add(const Column* column, const std::vector<table::Misfit>& misfits, std::uint64_t first_row,
                      std::size_t count) {
  if (column == nullptr) {
    for (std::size_t row = 0; row < count; ++row) nulls_.fail(first_row + row, [] { return std::string(); });
    return;
  }
  const bool right = right_type(*column);
  count_nulls(*column, misfits, first_row);
  if (column->kind == Kind::other && column->source_type != "null") {
    unlooked_ = column->source_type.empty() ? "a list or struct" : column->source_type;
    nulls_known_ = nulls_known_ && column->nulls_known();
    return;
  }
  if (repeats_ && by_value_ && format_ == table::Format::json_lines) {
    const Column written = as_written(*column);
    repeats_->add({&written}, first_row);
  } else if (repeats_) {
    repeats_->add({column}, first_row);
  }
  if (right) look(*column, first_row);
}

template <typename T>
void ColumnCheck::look_range(const Column& column, std::span<const T> values, std::uint64_t first_row) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (!has_value(column, row)) continue;
    if (rule_.min && order(values[row], *rule_.min, options_.at) < 0)
      below_.fail(first_row + row, [&] { return shown(column, row); });
    if (rule_.max && order(values[row], *rule_.max, options_.at) > 0)
      above_.fail(first_row + row, [&] { return shown(column, row); });
  }
}

// What has no order with a number is on the wrong side of any bound.
void ColumnCheck::no_numbers(const Column& column, std::uint64_t first_row) {
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (!has_value(column, row)) continue;
    strays_ = true;
    for (auto* tally : {&below_, &above_}) tally->fail(first_row + row, [&] { return shown(column, row); });
  }
}

namespace {
enum Mark : std::uint8_t { is_short = 1, is_long = 2, is_strange = 4, is_unmatched = 8, is_below = 16, is_above = 32 };
}  // namespace

std::uint8_t ColumnCheck::range_mark(std::string_view text) const {
  const auto mark_by = [&](auto value) {
    std::uint8_t mark = 0;
    if (rule_.min && order(value, *rule_.min, options_.at) < 0) mark |= is_below;
    if (rule_.max && order(value, *rule_.max, options_.at) > 0) mark |= is_above;
    return mark;
  };
  if (const auto whole = table::fit_integer(text)) return mark_by(*whole);
  if (const auto real = table::fit_real(text)) return mark_by(*real);
  return is_below | is_above;
}

std::uint8_t ColumnCheck::mark_of(std::string_view text) const {
  std::uint8_t mark = 0;
  if (rule_.shortest && characters(text) < *rule_.shortest) mark |= is_short;
  if (rule_.longest && characters(text) > *rule_.longest) mark |= is_long;
  if (!rule_.values.empty() && !allowed(text)) mark |= is_strange;
  if (pattern_ && !pattern_->matches(text)) mark |= is_unmatched;
  if (by_value_ && (rule_.min || rule_.max)) mark |= range_mark(text);
  return mark;
}

// What is true of a text is found once for each different one.
void ColumnCheck::look_texts(const Column& column, std::uint64_t first_row) {
  std::vector<std::uint8_t> marks;
  for (const auto text : column.dictionary()) marks.push_back(mark_of(text));
  if (std::all_of(marks.begin(), marks.end(), [](auto mark) { return mark == 0; })) return;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    const auto mark = column.valid(row) ? marks[column.codes()[row]] : 0;
    const auto value = [&] { return shown(column, row); };
    if ((mark & is_short) != 0) short_.fail(first_row + row, value);
    if ((mark & is_long) != 0) long_.fail(first_row + row, value);
    if ((mark & is_strange) != 0) strange_.fail(first_row + row, value);
    if ((mark & is_unmatched) != 0) unmatched_.fail(first_row + row, value);
    if ((mark & is_below) != 0) below_.fail(first_row + row, value);
    if ((mark & is_above) != 0) above_.fail(first_row + row, value);
    strays_ |= (mark & is_below) != 0 && (mark & is_above) != 0;
  }
}

// Without a type, "30" is what 30, 30.0 and '30' mean alike.
bool ColumnCheck::allowed(std::string_view text) const {
  if (texts_.contains(std::string(text))) return true;
  if (!by_value_) return false;
  if (const auto whole = table::fit_integer(text); whole && wholes_.contains(*whole)) return true;
  if (const auto real = reals_.empty() ? std::nullopt : table::fit_real(text); real && reals_.contains(*real))
    return true;
  const auto truth = true_ || false_ ? table::fit_boolean(text) : std::nullopt;
  return truth && !table::fit_integer(text) && (*truth ? true_ : false_);
}

bool ColumnCheck::allowed(const Column& column, std::size_t row) const {
  switch (column.kind) {
    case Kind::boolean:
      return column.booleans()[row] != 0 ? true_ : false_;
    case Kind::integer:
    case Kind::time:
      return wholes_.contains(column.integers()[row]) ||
             (!reals_.empty() && reals_.contains(static_cast<double>(column.integers()[row])));
    case Kind::real:
      return reals_.contains(column.reals()[row]);
    default:
      return true;
  }
}

void ColumnCheck::look_values(const Column& column, std::uint64_t first_row) {
  if (rule_.values.empty()) return;
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (has_value(column, row) && !allowed(column, row) &&
        !(by_value_ && !texts_.empty() && texts_.contains(column.show(row))))
      strange_.fail(first_row + row, [&] { return shown(column, row); });
}

void ColumnCheck::look(const Column& column, std::uint64_t first_row) {
  const bool ranked = column.kind == Kind::integer || column.kind == Kind::real ||
                      (column.kind == Kind::time && rule_.type) || column.source_type == "null";
  if ((rule_.min || rule_.max) && !ranked && !by_value_) unranked_ = table::to_text(column.kind);
  if (column.kind == Kind::text) return look_texts(column, first_row);
  if ((rule_.min || rule_.max) && !ranked) return no_numbers(column, first_row), look_values(column, first_row);
  if ((rule_.min || rule_.max) && column.kind == Kind::real) look_range(column, column.reals(), first_row);
  if ((rule_.min || rule_.max) && (column.kind == Kind::integer || column.kind == Kind::time))
    look_range(column, column.integers(), first_row);
  look_values(column, first_row);
  if (!rule_.fresh || column.kind != Kind::time) return;
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row) && (!newest_time_ || column.times()[row] > *newest_time_)) {
      newest_time_ = column.times()[row];
      newest_ = Offender{first_row + row, {}};
    }
  if (newest_) newest_->value = to_utc(*newest_time_);
}

// Nothing was looked at where the type is wrong.
Result ColumnCheck::result(std::string expectation, const Tally& tally, const std::string& what) const {
  const std::string& instead = wrong_type_.empty() ? unlooked_ : wrong_type_;
  if (!instead.empty())
    return {rule_.name, std::move(expectation), false, 0, "not checked: the column is " + instead, {}};
  Result out{rule_.name, std::move(expectation), tally.count == 0, tally.count, {}, tally.rows};
  if (tally.count > 0) out.reason = rows(tally.count) + " " + what;
  return out;
}

Result ColumnCheck::range_result(std::string expectation, const Tally& tally, const std::string& what) const {
  if (wrong_type_.empty() && !unranked_.empty())
    return {rule_.name, std::move(expectation), false, 0, "not checked: the column is " + unranked_, {}};
  return result(std::move(expectation), tally, strays_ ? what + " or no number" : what);
}

Result ColumnCheck::type_result() const {
  auto out =
      result(fmt::format("type {}", table::to_text(*rule_.type)), misfits_, misfits_.count == 1 ? "is not" : "are not");
  if (!wrong_type_.empty()) out.failures = 1, out.reason = "the column is " + wrong_type_;
  return out;
}

Result ColumnCheck::nulls_result(std::uint64_t total) const {
  if (!nulls_known_)
    return {rule_.name, *rule_.nulls == 0 ? "no nulls" : "nulls ≤ " + show_double(*rule_.nulls), *rule_.nulls >= 1,
            0,          *rule_.nulls >= 1 ? "" : "not checked: the column is " + unlooked_,      {}};
  // A share of 0.007 allows 7 of 1,000, whatever doubles make of the product.
  const bool passed = static_cast<double>(nulls_.count) <= *rule_.nulls * static_cast<double>(total) * (1 + 1e-12);
  Result out{rule_.name, *rule_.nulls == 0 ? "no nulls" : "nulls ≤ " + show_double(*rule_.nulls), passed, 0, {}, {}};
  if (passed) return out;
  out.failures = nulls_.count;
  out.reason = fmt::format("{} of {} {} null", show_count(nulls_.count), rows(total), nulls_.count == 1 ? "is" : "are");
  out.offenders = nulls_.rows;
  return out;
}

Result ColumnCheck::values_result() const {
  std::vector<std::string> names;
  for (const auto& value : rule_.values) names.push_back(show(value, rule_.type));
  if (names.size() > 8) names.resize(8), names.emplace_back("…");
  return result("one of " + join(names, ", "), strange_, strange_.count == 1 ? "is not" : "are not");
}

Result ColumnCheck::unique_result() {
  if (!unlooked_.empty()) return result("unique", Tally(0), "");
  const auto found = repeats_->finish();
  Result out{rule_.name, "unique", found.count == 0, found.count, {}, {}};
  if (found.count > 0)
    out.reason = rows(found.count) + (found.count == 1 ? " repeats" : " repeat") + " a value of an earlier row";
  for (const auto& repeat : found.earliest) out.offenders.push_back({repeat.row, {}});
  return out;
}

Result ColumnCheck::fresh_result() const {
  auto out = result("at most " + show_duration_exactly(*rule_.fresh) + " old", Tally(0), "");
  if (!wrong_type_.empty() || (newest_time_ && *newest_time_ >= options_.at - *rule_.fresh)) return out;
  out.passed = false;
  out.failures = 1;
  out.reason = newest_time_ ? "the newest is of " + to_utc(*newest_time_) : "there is no value";
  if (newest_) out.offenders = {*newest_};
  return out;
}

std::vector<Result> ColumnCheck::finish(std::uint64_t total, bool missing) {
  std::vector<Result> out;
  if (missing) {
    if (!rule_.optional) out.push_back({rule_.name, "is there", false, 1, "the column is missing", {}});
    return out;
  }
  if (rule_.type) out.push_back(type_result());
  if (rule_.nulls) out.push_back(nulls_result(total));
  if (rule_.min) out.push_back(range_result("≥ " + show(*rule_.min, rule_.type), below_, "below"));
  if (rule_.max) out.push_back(range_result("≤ " + show(*rule_.max, rule_.type), above_, "above"));
  if (rule_.shortest) out.push_back(result(fmt::format("{} characters or more", *rule_.shortest), short_, "shorter"));
  if (rule_.longest) out.push_back(result(fmt::format("{} characters or fewer", *rule_.longest), long_, "longer"));
  if (!rule_.values.empty()) out.push_back(values_result());
  if (pattern_)
    out.push_back(result("matches " + rule_.pattern, unmatched_, unmatched_.count == 1 ? "does not" : "do not"));
  if (repeats_) out.push_back(unique_result());
  if (rule_.fresh) out.push_back(fresh_result());
  return out;
}

}  // namespace mlops::schema
