#include "schema/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/pool.h"
#include "base/text.h"
#include "schema/column_check.h"

namespace mlops::schema {
namespace {

using table::Batch;
using table::Kind;

std::string quote(const std::string& text) { return "\"" + to_utf8(text) + "\""; }

std::string names_of(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 10); ++i) quoted.push_back(quote(names[i]));
  return join(quoted, ", ") + (names.size() > 10 ? fmt::format(" and {} more", names.size() - 10) : "");
}

// Hashes of each unique column and of the key share what there is.
std::size_t memory_of(const Schema& schema, const ValidateOptions& options) {
  const auto unique =
      std::count_if(schema.columns.begin(), schema.columns.end(), [](const auto& rule) { return rule.unique; });
  return RepeatFinder::share(options.memory, static_cast<std::size_t>(unique) + (schema.key.empty() ? 0 : 1));
}

class Validation {
 public:
  Validation(const Schema& schema, const table::Source& source, const ValidateOptions& options)
      : schema_(schema), source_(source), options_(options), format_(table::detect_format(source)) {
    options_.memory = memory_of(schema, options);
    const bool is_text_file = format_ != table::Format::parquet && format_ != table::Format::arrow;
    for (const auto& rule : schema.columns) {
      checks_.push_back(std::make_unique<ColumnCheck>(rule, options_, format_));
      if (rule.type) kinds_[rule.name] = *rule.type;
    }
    if (is_text_file) judge_by_value();
    if (!schema.key.empty()) key_.emplace(options_.memory, fs::path(), options.offenders);
    tallies_.assign(schema.checks.size(), Tally(options.offenders));
  }

  Report run() {
    table::BatchOptions read;
    read.format = format_;
    read.kinds = kinds_;
    const auto batches = table::read_batches(source_, read);
    while (const auto batch = batches->next()) add(*batch);
    return finish();
  }

 private:
  // Columns without a type in files without types would come in the kind that their neighbours in a block suggest. What
  // is judged must not hang on them: such columns come as the texts that stand in the file.
  void judge_by_value() {
    const auto add = [&](const std::string& name) {
      const auto* rule = schema_.find(name);
      if (rule == nullptr || !rule->type) by_value_.insert(name);
    };
    for (const auto& rule : schema_.columns)
      if (rule.min || rule.max || !rule.values.empty() || rule.unique) add(rule.name);
    for (const auto& name : schema_.key) add(name);
    for (const auto& check : schema_.checks) {
      for (const auto& name : check.check.columns()) add(name);
      for (const auto& name : columns_of(check.when)) add(name);
    }
    if (format_ == table::Format::json_lines) return;  // there numbers and texts are told apart in every value
    for (const auto& name : by_value_) kinds_[name] = Kind::text;
  }
  static std::vector<std::string> columns_of(const std::optional<Condition>& condition) {
    return condition ? condition->columns() : std::vector<std::string>();
  }

  void add(const Batch& batch) {
    rows_ += batch.table.rows;
    std::map<std::string, std::size_t, std::less<>> places;
    for (std::size_t c = 0; c < batch.table.columns.size(); ++c) {
      places[batch.table.columns[c].name] = c;
      if (seen_.insert(batch.table.columns[c].name).second) names_.push_back(batch.table.columns[c].name);
      if (batch.table.columns[c].kind == Kind::other && batch.table.columns[c].source_type != "null")
        nested_.insert(batch.table.columns[c].name);
    }
    std::vector<std::vector<table::Misfit>> misfits(batch.table.columns.size());
    for (const auto& misfit : batch.misfits) misfits[misfit.column].push_back(misfit);
    parallel_for(checks_.size() + tallies_.size(), [&](std::size_t i) {
      if (i >= checks_.size()) return check_rows(i - checks_.size(), batch);
      const auto place = places.find(schema_.columns[i].name);
      if (place == places.end())
        checks_[i]->add(nullptr, {}, batch.first_row, batch.table.rows);
      else
        checks_[i]->add(&batch.table.columns[place->second], misfits[place->second], batch.first_row, batch.table.rows);
    });
    if (key_) add_key(batch);
  }

  void add_key(const Batch& batch) {
    auto columns = columns_of(batch, schema_.key);
    std::vector<table::Column> written;  // stays where it is: the columns point into it
    written.reserve(columns.size());
    for (auto& column : columns)
      if (format_ == table::Format::json_lines && column != nullptr && by_value_.contains(column->name))
        column = &written.emplace_back(as_written(*column));
    key_->add(columns, batch.first_row);
  }

  static std::vector<const table::Column*> columns_of(const Batch& batch, const std::vector<std::string>& names) {
    std::vector<const table::Column*> out;
    for (const auto& name : names) out.push_back(batch.table.find(name));
    return out;
  }

  void check_rows(std::size_t number, const Batch& batch) {
    using Answer = Condition::Answer;
    const RowCheck& check = schema_.checks[number];
    const auto answers = check.check.evaluate(batch.table, by_value_);
    const auto when =
        check.when ? check.when->evaluate(batch.table, by_value_) : std::vector<Answer>(batch.table.rows, Answer::yes);
    for (std::size_t row = 0; row < batch.table.rows; ++row)
      if ((answers[row] == Answer::no || answers[row] == Answer::differ) &&
          (when[row] == Answer::yes || when[row] == Answer::differ))
        tallies_[number].fail(batch.first_row + row, [&] { return values_of(check.check.columns(), batch, row); });
  }

  // "start 2026-02-01…, end 2026-01-01…".
  static std::string values_of(const std::vector<std::string>& names, const Batch& batch, std::size_t row) {
    std::vector<std::string> parts;
    for (const auto& name : names) {
      const auto* column = batch.table.find(name);
      parts.push_back(to_utf8(name) + " " +
                      (column == nullptr || !has_value(*column, row) ? "null" : shown(*column, row)));
    }
    return join(parts, ", ");
  }

  Report finish() {
    Report out{source_.name(), schema_.file, rows_, {}, {}};
    row_counts(out);
    columns_present(out);
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      auto results = checks_[i]->finish(rows_, is_missing(i));
      std::move(results.begin(), results.end(), std::back_inserter(out.results));
    }
    key(out);
    for (std::size_t i = 0; i < tallies_.size(); ++i) row_check(i, out);
    name_repeats(out);
    return out;
  }

  // JSON lines have no list of columns: one that is null in every row may as well not be there.
  [[nodiscard]] bool is_missing(std::size_t number) const {
    if (!seen_.contains(schema_.columns[number].name)) return true;
    return format_ == table::Format::json_lines && rows_ > 0 && checks_[number]->nulls() == rows_;
  }

  void row_counts(Report& out) const {
    const auto add = [&](const std::string& expectation, bool passed) {
      out.results.push_back({{},
                             expectation,
                             passed,
                             passed ? 0U : 1U,
                             passed ? "" : fmt::format("there are {}", show_count(rows_)),
                             {}});
    };
    if (schema_.min_rows)
      add(fmt::format("{} rows or more", show_count(*schema_.min_rows)), rows_ >= *schema_.min_rows);
    if (schema_.max_rows)
      add(fmt::format("{} rows or fewer", show_count(*schema_.max_rows)), rows_ <= *schema_.max_rows);
  }

  void columns_present(Report& out) const {
    if (!schema_.others && !schema_.columns.empty()) {
      std::vector<std::string> unknown;
      for (const auto& name : names_)
        if (schema_.find(name) == nullptr) unknown.push_back(name);
      Result result{{}, "no other columns", unknown.empty(), unknown.size(), {}, {}};
      if (!unknown.empty()) result.reason = "the schema does not have " + names_of(unknown);
      out.results.push_back(std::move(result));
    }
    if (schema_.ordered) order(out);
  }
  void order(Report& out) const {
    std::vector<std::string> wanted, there;
    for (std::size_t i = 0; i < schema_.columns.size(); ++i)
      if (!is_missing(i)) wanted.push_back(schema_.columns[i].name);
    for (const auto& name : names_)
      if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) there.push_back(name);
    Result result{{}, "columns in order", wanted == there, 0, {}, {}};
    for (std::size_t i = 0; i < std::min(wanted.size(), there.size()); ++i) {
      if (wanted[i] == there[i]) continue;
      if (result.failures++ == 0)
        result.reason = fmt::format("{} stands where {} is expected", quote(there[i]), quote(wanted[i]));
    }
    out.results.push_back(std::move(result));
  }

  void key(Report& out) {
    if (!key_) return;
    const auto found = key_->finish();
    std::vector<std::string> names;
    for (const auto& name : schema_.key) names.push_back(to_utf8(name));
    Result result{{}, "key " + join(names, ", "), found.count == 0, found.count, {}, {}};
    std::vector<std::string> nested;
    for (const auto& name : schema_.key)
      if (nested_.contains(name)) nested.push_back(name);
    if (const auto lacking = not_there(schema_.key); !lacking.empty()) {
      result.passed = false;
      result.failures = 1;
      result.reason = "there is no column " + names_of(lacking);
    } else if (!nested.empty()) {
      result.passed = false;
      result.reason = "not checked: lists and structs in " + names_of(nested);
    } else if (found.count > 0)
      result.reason = fmt::format("{} {} the key of an earlier row", show_count(found.count),
                                  found.count == 1 ? "row repeats" : "rows repeat");
    for (const auto& repeat : found.earliest) result.offenders.push_back({repeat.row, {}});
    out.results.push_back(std::move(result));
  }

  void row_check(std::size_t number, Report& out) const {
    const RowCheck& check = schema_.checks[number];
    std::string name = check.check.text() + (check.when ? " when " + check.when->text() : "");
    if (!check.name.empty()) name = check.name + ": " + name;
    auto columns = check.check.columns();
    for (const auto& column : columns_of(check.when)) columns.push_back(column);
    Result result{{}, std::move(name), true, tallies_[number].count, {}, tallies_[number].rows};
    if (const auto lacking = not_there(columns); !lacking.empty()) {
      result.failures = 1;
      result.reason = "there is no column " + names_of(lacking);
      result.offenders.clear();
    } else if (std::any_of(columns.begin(), columns.end(), [&](const auto& one) { return !seen_.contains(one); })) {
      result.failures = 0;  // the table may lack it
      result.offenders.clear();
    } else if (result.failures > 0) {
      result.reason =
          fmt::format("{} {} not", show_count(result.failures), result.failures == 1 ? "row is" : "rows are");
    }
    result.passed = result.failures == 0;
    out.results.push_back(std::move(result));
  }

  // Of these columns those that the table lacks and may not lack.
  [[nodiscard]] std::vector<std::string> not_there(const std::vector<std::string>& columns) const {
    std::vector<std::string> out;
    for (const auto& name : columns) {
      const auto* rule = schema_.find(name);
      if (!seen_.contains(name) && (rule == nullptr || !rule->optional)) out.push_back(name);
    }
    return out;
  }

  // What repeats is known by its hash; its value is looked up in the table once more.
  void name_repeats(Report& out) const {
    struct Wanted {
      Offender* offender;
      const std::vector<std::string>* columns;
    };
    std::map<std::uint64_t, std::vector<Wanted>> rows;
    std::set<std::string> columns;
    std::vector<std::vector<std::string>> single;
    single.reserve(out.results.size());
    for (auto& result : out.results) {
      const bool unique = result.expectation == "unique" && !result.column.empty();
      if (!unique && !(result.column.empty() && result.expectation.starts_with("key "))) continue;
      const auto& named = unique ? single.emplace_back(std::vector{result.column}) : schema_.key;
      for (auto& offender : result.offenders) {
        rows[offender.row].push_back({&offender, &named});
        columns.insert(named.begin(), named.end());
      }
    }
    if (rows.empty()) return;
    table::BatchOptions read;
    read.format = format_;
    read.kinds = kinds_;
    read.columns.assign(columns.begin(), columns.end());
    const auto batches = table::read_batches(source_, read);
    for (auto next = rows.begin(); next != rows.end();) {
      const auto batch = batches->next();
      if (!batch) return;
      for (; next != rows.end() && next->first < batch->first_row + batch->table.rows; ++next)
        for (const auto& wanted : next->second) {
          const auto row = static_cast<std::size_t>(next->first - batch->first_row);
          const auto* column = batch->table.find(wanted.columns->front());
          wanted.offender->value = wanted.columns->size() > 1 ? values_of(*wanted.columns, *batch, row)
                                   : column == nullptr        ? ""
                                                              : shown(*column, row);
        }
    }
  }

  const Schema& schema_;
  const table::Source& source_;
  ValidateOptions options_;
  table::Format format_;
  std::vector<std::unique_ptr<ColumnCheck>> checks_;  // one a rule
  std::map<std::string, Kind> kinds_;
  std::optional<RepeatFinder> key_;
  std::vector<Tally> tallies_;  // one a check of rows
  std::uint64_t rows_ = 0;
  std::vector<std::string> names_;  // of the table, in its order
  std::set<std::string, std::less<>> seen_, nested_, by_value_;
};

}  // namespace

bool Report::passed() const {
  return !unread && std::all_of(results.begin(), results.end(), [](const auto& result) { return result.passed; });
}

std::size_t Report::failures() const {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [](const auto& result) { return !result.passed; }));
}

Report validate(const Schema& schema, const table::Source& source, const ValidateOptions& options) {
  return Validation(schema, source, options).run();
}

}  // namespace mlops::schema
