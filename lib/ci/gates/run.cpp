#include <fmt/format.h>

#include "base/text.h"
#include "ci/gates/gates.h"

namespace mlops::ci {
namespace {

std::string stages_text(const Json& run) {
  std::size_t all = 0, taken = 0;
  for (const auto& stage : run.value("stages", Json::array())) {
    ++all;
    if (text_or(stage, "status") != "ran") ++taken;
  }
  if (taken == 0) return fmt::format("{} stage{} ran", all, all == 1 ? "" : "s");
  return fmt::format("{} of {} stages from earlier sealed runs", taken, all);
}

}  // namespace

void ask_run(const Case& asked, Rows& rows) {
  const auto& candidate = asked.candidate;
  const std::string head = asked.branch->head.commit().id.substr(0, 7);
  Row row{"run", "a sealed run of HEAD " + head, Answer::fail};
  if (candidate.is_run_of_head()) {
    row.answer = Answer::pass;
    row.detail = fmt::format("run {}, {}", candidate.run->run_id.substr(0, 12), stages_text(candidate.run->body));
  } else {
    const std::string why = join(candidate.differences, "; ");
    row.detail = candidate.run ? fmt::format("run {}: {}", candidate.run->run_id.substr(0, 12), why) : why;
  }
  rows.push_back(std::move(row));
}

}  // namespace mlops::ci
