#include "ci/gate.h"
#include "ci/gate_table.h"
#include "commands.h"

namespace mlops {
namespace {

struct Options {
  std::string model, alias;
  bool dry_run = false;
};

}  // namespace

Run define_register_promote(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "the candidate: churn:7")->required();
  app.add_option("ALIAS", options->alias, "the alias that it shall get: prod")->required();
  app.add_flag("-n,--dry-run", options->dry_run, "ask the gates and change nothing");
  return [options](Context& context) {
    Output& out = context.out;
    const auto repository = open_repository(context);
    const auto candidate = registry::resolve(*repository, options->model);
    const auto asked = ci::ask_for_promotion(*repository, candidate, options->alias);
    const auto& [rows, champion] = asked;
    const bool pass = ci::passed(rows);
    const bool already = champion && champion->number == candidate.number;
    if (!options->dry_run && !rows.empty()) ci::seal(*repository, candidate, options->alias, asked);
    if (pass && !options->dry_run && !already)
      registry::set_alias(*repository, candidate.name, options->alias, candidate.number);
    if (out.json()) {
      out.value({{"name", candidate.name},
                 {"number", candidate.number},
                 {"alias", options->alias},
                 {"promoted", pass && !options->dry_run},
                 {"champion", champion ? Json(champion->number) : Json()},
                 {"gates", ci::to_json(rows)}});
      return pass ? k_exit_done : k_exit_no;
    }
    print_gate(out, rows);
    if (rows.empty())
      out.note("neither mlops.yaml nor problem.yaml has gates: nothing was asked of " + candidate.label());
    if (pass && options->dry_run) out.line(candidate.label() + " would pass");
    if (pass && already)
      out.line(candidate.name + "@" + options->alias + " is " + candidate.label() + " already");
    else if (pass && !options->dry_run)
      out.line(Text(candidate.name + "@" + options->alias, Style::bold) + Text(" = " + candidate.label()) +
               Text(champion ? " (was " + champion->label() + ")" : ""));
    if (!pass)
      out.line("refused: " + candidate.label() + " stays a candidate" +
               (champion ? "; " + options->alias + " is still " + champion->label() : ""));
    return pass ? k_exit_done : k_exit_no;
  };
}

}  // namespace mlops
