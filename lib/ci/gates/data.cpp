// Does the data of this commit keep the schemas of the target? One row a schema. Schemas of the branch are asked only
// where the target has none yet: what must hold is not for the candidate to say.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "ci/gates/gates.h"
#include "schema/find.h"
#include "schema/validate.h"

namespace mlops::ci {
namespace {

constexpr std::size_t k_named = 3;  // expectations that fail

// "hour: 3 rows are above (row 7: 25)".
std::string told(const schema::Report& report, const schema::Result& result) {
  std::string out = printable(report.table) + (result.column.empty() ? "" : ", " + printable(result.column)) + ": " +
                    printable(result.reason);
  if (!result.offenders.empty())
    out += fmt::format(" (row {}{})", result.offenders.front().row,
                       result.offenders.front().value.empty() ? "" : ": " + printable(result.offenders.front().value));
  return out;
}

struct Tables {
  std::size_t tables = 0, failures = 0;
  std::uint64_t rows = 0;
  std::vector<std::string> named;
};

void hold(const schema::Schema& schema, const schema::TablePlace& place, Tables& out) {
  schema::ValidateOptions how;
  how.at = now_micros();
  how.offenders = 1;
  const auto report = schema::validate(schema, *place.open(), how);
  ++out.tables;
  out.rows += report.rows;
  for (const auto& result : report.results) {
    if (result.passed) continue;
    ++out.failures;
    if (out.named.size() < k_named) out.named.push_back(told(report, result));
  }
}

// Without the commit that it was read from: that stands beside the rules.
std::string name_of(const schema::Schema& schema) { return printable(schema.file.substr(schema.file.find(':') + 1)); }

Row ask(const Case& asked, const schema::Schema& schema) {
  Row row{"data", "data keeps " + name_of(schema), Answer::fail};
  try {
    Tables all;
    for (const auto& place : schema::tables_of(asked.repository, schema, asked.branch->head.commit().id))
      hold(schema, place, all);
    if (all.tables == 0) {
      row.detail = "there is no such table: " + printable(join(schema.data, ", "));
      return row;
    }
    row.answer = all.failures == 0 ? Answer::pass : Answer::fail;
    row.detail =
        all.failures == 0
            ? fmt::format("{} rows of {} table{}", show_count(all.rows), all.tables, all.tables == 1 ? "" : "s")
            : join(all.named, "; ") + (all.failures > all.named.size()
                                           ? fmt::format("; and {} more", all.failures - all.named.size())
                                           : "");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    row.detail = error.message();  // damaged, or not here: nobody can say that it holds
  }
  return row;
}

}  // namespace

void ask_data(const Case& asked, Rows& rows) {
  if (asked.branch == nullptr) return;
  auto schemas = schema::schemas_of(asked.repository, asked.branch->target.commit().id);
  const bool own = schemas.empty() && !asked.branch->is_target();
  if (own) schemas = schema::schemas_of(asked.repository, asked.branch->head.commit().id);
  for (const auto& schema : schemas) {
    if (schema.data.empty()) continue;  // it speaks of no table by itself
    rows.push_back(ask(asked, schema));
    if (own)
      rows.back().detail +=
          fmt::format("; by this branch's own schema: {} has none yet", printable(asked.branch->target.name()));
  }
}

}  // namespace mlops::ci
