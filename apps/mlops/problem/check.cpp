#include "problem/check.h"

#include "base/text.h"
#include "commands.h"
#include "problem/facts.h"

namespace mlops {
namespace {

Text sign(problem::Answer answer) {
  if (answer == problem::Answer::yes) return {"yes", Style::good};
  return answer == problem::Answer::no ? Text("no", Style::bad) : Text("unknown", Style::warn);
}

std::size_t count(const std::vector<problem::Finding>& findings, problem::Answer answer) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const auto& finding) { return finding.answer == answer; }));
}

Json to_json(const std::vector<problem::Finding>& findings) {
  Json list = Json::array();
  for (const auto& finding : findings)
    list.push_back({{"item", to_utf8(finding.item)},
                    {"answer", problem::to_text(finding.answer)},
                    {"sentence", to_utf8(finding.sentence)}});
  return list;
}

}  // namespace

Run define_problem_check(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    const auto charter = problem::read_charter(*repository);
    const auto findings = problem::check(charter, gather_facts(*repository, charter));
    const auto yes = count(findings, problem::Answer::yes), no = count(findings, problem::Answer::no),
               unknown = count(findings, problem::Answer::unknown);
    if (context.out.json()) {
      context.out.value({{"name", charter.name},
                         {"holds", no == 0},
                         {"yes", yes},
                         {"no", no},
                         {"unknown", unknown},
                         {"items", to_json(findings)}});
    } else {
      Table table{{{"item"}, {"holds"}, {"why"}}, {}};
      for (const auto& finding : findings) table.rows.push_back({finding.item, sign(finding.answer), finding.sentence});
      if (!context.out.quiet()) context.out.table(table);
      context.out.note(fmt::format("{} of {} hold, {} do not, {} not known yet", yes, findings.size(), no, unknown));
    }
    return no == 0 ? k_exit_done : k_exit_no;
  };
}

}  // namespace mlops
