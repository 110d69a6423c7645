#include "ci/gate_table.h"

#include <fmt/format.h>

namespace mlops {
namespace {

Style style_of(ci::Answer answer) {
  return answer == ci::Answer::pass ? Style::good : answer == ci::Answer::fail ? Style::bad : Style::dim;
}

}  // namespace

void print_gate(Output& out, const ci::Rows& rows) {
  Table table{{{"gate"}, {"value", true}, {"answer"}, {"detail", false, 1}}, {}};
  for (const auto& row : rows)
    table.rows.push_back({"gate  " + row.gate, row.value ? fmt::format("{:.4f}", *row.value) : "—",
                          Text(std::string(ci::to_text(row.answer)), style_of(row.answer)), row.detail});
  if (!out.quiet()) out.table(table);
}

}  // namespace mlops
