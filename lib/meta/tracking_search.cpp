// Searches for runs: the filter becomes one SQL condition with bound values only.
#include <fmt/format.h>

#include <variant>

#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

using Value = std::variant<std::int64_t, double, std::string>;

class Sql {
 public:
  std::string text;

  Sql& operator+=(std::string_view more) {
    text += more;
    return *this;
  }
  // Binds a value here.
  Sql& value(Value bound) {
    values_.push_back(std::move(bound));
    text += fmt::format("${}", values_.size());
    return *this;
  }
  void bind(Statement& statement) const {
    int at = 1;
    for (const auto& value : values_) {
      if (const auto* integer = std::get_if<std::int64_t>(&value)) statement.bind(at++, *integer);
      if (const auto* real = std::get_if<double>(&value)) statement.bind(at++, *real);
      if (const auto* text_value = std::get_if<std::string>(&value))
        statement.bind(at++, std::string_view(*text_value));
    }
  }

 private:
  std::vector<Value> values_;
};

const char* column_of(std::string_view attribute) {
  static constexpr std::pair<std::string_view, const char*> k_columns[] = {
      {"run_id", "r.id"},      {"run_name", "r.name"},
      {"status", "r.status"},  {"artifact_uri", "r.location"},
      {"user_id", "r.user"},   {"start_time", "r.started"},
      {"end_time", "r.ended"}, {"experiment_id", "CAST(r.experiment AS TEXT)"}};
  for (const auto& [name, column] : k_columns)
    if (name == attribute) return column;
  throw input_error(fmt::format("runs have no attribute \"{}\"", attribute));
}

const char* operator_of(Op op) {
  switch (op) {
    case Op::equal:
      return " = ";
    case Op::not_equal:
      return " != ";
    case Op::greater:
      return " > ";
    case Op::greater_equal:
      return " >= ";
    case Op::less:
      return " < ";
    default:
      return " <= ";
  }
}

void compare(Sql& sql, const char* column, const Comparison& comparison) {
  switch (comparison.op) {
    case Op::like:
    case Op::ilike:
      sql += fmt::format("like_text({}, ", column);
      sql.value(comparison.text);
      sql += comparison.op == Op::ilike ? ", 1)" : ", 0)";
      return;
    case Op::in:
    case Op::not_in:
      sql += fmt::format("{} {}IN (", column, comparison.op == Op::in ? "" : "NOT ");
      for (std::size_t i = 0; i < comparison.list.size(); ++i) {
        if (i > 0) sql += ", ";
        sql.value(comparison.list[i]);
      }
      sql += ")";
      return;
    case Op::is_null:
      sql += fmt::format("{} IS NULL", column);
      return;
    case Op::is_not_null:
      sql += fmt::format("{} IS NOT NULL", column);
      return;
    default:
      sql += std::string(column) + operator_of(comparison.op);
      if (comparison.numeric)
        sql.value(comparison.number);
      else
        sql.value(comparison.text);
  }
}

void metric(Sql& sql, const Comparison& comparison) {
  sql += "EXISTS (SELECT 1 FROM run_metric v WHERE v.run = r.n AND v.key = ";
  sql.value(comparison.key);
  if (comparison.op == Op::is_not_null) return void(sql += ")");
  sql += comparison.op == Op::not_equal ? " AND (v.nan = 1 OR " : " AND (v.nan = 0 AND ";
  compare(sql, "v.value", comparison);
  sql += "))";
}

void keyed(Sql& sql, const char* table, const Comparison& comparison) {
  sql += fmt::format("EXISTS (SELECT 1 FROM {} v WHERE v.run = r.n AND v.key = ", table);
  sql.value(comparison.key);
  if (comparison.op != Op::is_not_null) {
    sql += " AND ";
    compare(sql, "v.value", comparison);
  }
  sql += ")";
}

void dataset(Sql& sql, const Comparison& comparison) {
  sql += "EXISTS (SELECT 1 FROM run_input i JOIN dataset d ON d.id = i.dataset WHERE i.run = r.n AND ";
  compare(sql, comparison.key == "name" ? "d.name" : comparison.key == "digest" ? "d.digest" : "i.context", comparison);
  sql += ")";
}

void comparison_sql(Sql& sql, const Comparison& comparison) {
  if (comparison.op == Op::is_null && comparison.entity != Entity::attribute) {
    Comparison there = comparison;
    there.op = Op::is_not_null;
    sql += "NOT ";
    return comparison_sql(sql, there);
  }
  switch (comparison.entity) {
    case Entity::metric:
      return metric(sql, comparison);
    case Entity::param:
      return keyed(sql, "run_param", comparison);
    case Entity::tag:
      return keyed(sql, "run_tag", comparison);
    case Entity::dataset:
      return dataset(sql, comparison);
    case Entity::attribute:
      return compare(sql, column_of(comparison.key), comparison);
  }
}

void filter_sql(Sql& sql, const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::everything:
      return void(sql += "1");
    case Filter::Kind::comparison:
      // Where the attribute is unknown (no end yet) a condition is false, its negation true.
      sql += "coalesce((";
      comparison_sql(sql, filter.comparison);
      return void(sql += "), 0)");
    case Filter::Kind::negation:
      sql += "NOT (";
      filter_sql(sql, filter.parts.front());
      return void(sql += ")");
    default:
      for (std::size_t i = 0; i < filter.parts.size(); ++i) {
        sql += i == 0 ? "(" : filter.kind == Filter::Kind::all_of ? " AND " : " OR ";
        filter_sql(sql, filter.parts[i]);
      }
      sql += ")";
  }
}

void where(Sql& sql, const RunSearch& search) {
  sql += " WHERE ";
  if (search.experiments.empty()) {
    sql += "r.experiment IN (SELECT id FROM experiment WHERE deleted = 0)";
  } else {
    sql += "r.experiment IN (";
    for (std::size_t i = 0; i < search.experiments.size(); ++i) {
      if (i > 0) sql += ", ";
      sql.value(search.experiments[i]);
    }
    sql += ")";
  }
  if (search.view != View::all) sql += search.view == View::deleted ? " AND r.deleted = 1" : " AND r.deleted = 0";
  if (search.filter.kind == Filter::Kind::everything) return;
  sql += " AND ";
  filter_sql(sql, search.filter);
}

// Values, then NaN, then what is missing, in both directions.
void order_by(Sql& sql, const RunSearch& search) {
  sql += " ORDER BY ";
  bool by_start = false;
  for (std::size_t i = 0; i < search.order.size(); ++i) {
    const auto& order = search.order[i];
    const char* direction = order.ascending ? "ASC" : "DESC";
    if (order.entity == Entity::attribute) {
      const char* column = column_of(order.key);
      if (order.key == "end_time") sql += fmt::format("({} IS NULL), ", column);  // the only one that may be missing
      sql += fmt::format("{} {}, ", column, direction);
      by_start = by_start || order.key == "start_time";
    } else if (order.entity == Entity::metric) {
      sql += fmt::format("(o{}.run IS NULL), o{}.nan, o{}.value {}, ", i, i, i, direction);
    } else {
      sql += fmt::format("(o{}.run IS NULL), o{}.value {}, ", i, i, direction);
    }
  }
  sql += by_start ? "r.id" : "r.started DESC, r.id";
}

void joins(Sql& sql, const RunSearch& search) {
  for (std::size_t i = 0; i < search.order.size(); ++i) {
    const auto& order = search.order[i];
    if (order.entity == Entity::attribute) continue;
    const char* table = order.entity == Entity::metric  ? "run_metric"
                        : order.entity == Entity::param ? "run_param"
                                                        : "run_tag";
    sql += fmt::format(" LEFT JOIN {} o{} ON o{}.run = r.n AND o{}.key = ", table, i, i, i);
    sql.value(order.key);
  }
}

}  // namespace

std::vector<RunHead> TrackingTables::search(const RunSearch& search) {
  Sql sql;
  sql += "SELECT r.id FROM tracked_run r";
  joins(sql, search);
  where(sql, search);
  order_by(sql, search);
  sql += " LIMIT ";
  sql.value(static_cast<std::int64_t>(search.limit));
  sql += " OFFSET ";
  sql.value(static_cast<std::int64_t>(search.offset));
  std::vector<RunHead> out;
  Statement rows(core_->connection, sql.text);
  sql.bind(rows);
  while (rows.step()) out.push_back(*run(rows.text(0)));
  return out;
}

std::size_t TrackingTables::count(const RunSearch& search) {
  Sql sql;
  sql += "SELECT count(*) FROM tracked_run r";
  where(sql, search);
  Statement row(core_->connection, sql.text);
  sql.bind(row);
  return row.step() ? static_cast<std::size_t>(row.integer(0)) : 0;
}

}  // namespace mlops::meta
