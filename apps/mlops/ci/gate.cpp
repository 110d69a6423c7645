#include "ci/gate.h"

#include "base/error.h"
#include "base/text.h"
#include "ci/gate_table.h"
#include "ci/junit.h"
#include "ci/report.h"
#include "commands.h"
#include "report_file.h"

namespace mlops {
namespace {

struct Options {
  ci::GateOptions gate;
  std::string junit;
  std::vector<std::string> reports;
};

void write(const std::string& path, const std::string& bytes) {
  const auto folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    throw input_error("there is no folder \"" + printable(folder.string()) + "\" for " + printable(path));
  replace_file(path, bytes, 0644, false);
}

// "the gate passes: run 5e0b71d2a9c4 against origin/main 1a2b3c4".
std::string verdict(const ci::GateResult& result) {
  const auto& candidate = result.judged.candidate;
  const std::string name = candidate.version.number > 0 ? candidate.version.label()
                           : candidate.run              ? "run " + candidate.run->run_id.substr(0, 12)
                                                        : "no run";
  return fmt::format("{}: {} by the rules of {}", ci::passed(result.rows) ? "passed" : "refused", name,
                     result.judged.rules.origin);
}

}  // namespace

Run define_ci_gate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("CANDIDATE", options->gate.candidate,
                 "a run or a model version (the newest run of HEAD's code and data)");
  app.add_option("--target", options->gate.target,
                 "the revision whose rules count (the pull request's target, else main)")
      ->type_name("REV");
  app.add_option("--allow", options->gate.allowed, "a protected path that may be edited; not in a pull request's job")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.add_option("--junit", options->junit, "write the answers as JUnit's XML")->type_name("FILE");
  app.add_option("--report", options->reports, "write the report (mlops ci report) into a file")
      ->type_name("FILE.md")
      ->allow_extra_args(false);
  return [options](Context& context) {
    Output& out = context.out;
    const auto repository = open_repository(context);
    if (!options->junit.empty()) check_report(options->junit, k_xml_report);
    const auto git = ci::need_git(*repository);
    auto result = ci::gate(*repository, *git, options->gate);
    if (!options->junit.empty()) write(options->junit, ci::junit(result.rows));
    for (const auto& path : options->reports) write(path, ci::report(result));
    const bool pass = ci::passed(result.rows);
    ci::seal(*repository, result);
    if (out.json()) {
      out.value(ci::to_json(result));
    } else {
      print_gate(out, result.rows);
      out.line(Text(verdict(result), pass ? Style::good : Style::bad));
    }
    return pass ? k_exit_done : k_exit_no;
  };
}

}  // namespace mlops
