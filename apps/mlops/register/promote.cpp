#include "base/text.h"
#include "commands.h"
#include "data/repository.h"
#include "pipeline/run.h"
#include "problem/charter.h"
#include "register/promotion.h"

namespace mlops {
namespace {

struct Options {
  std::string model, alias;
  bool dry_run = false;
};

pipeline::Gate threshold_of(const problem::Metric& metric) {
  const bool most = metric.direction == problem::Direction::maximize;
  return {metric.name, most ? pipeline::Gate::Kind::at_least : pipeline::Gate::Kind::at_most, *metric.threshold, most, {}};
}

bool equal(const pipeline::Gate& a, const pipeline::Gate& b) { return a.metric == b.metric && a.kind == b.kind && a.limit == b.limit; }

// Those of mlops.yaml, and the thresholds of the charter where it is about this model: a number stands in one file, and counts.
std::vector<pipeline::Gate> gates_of(const data::Repository& repository, const std::string& model) {
  auto out = fs::exists(repository.root() / "mlops.yaml") ? pipeline::read_definition(repository).gates : std::vector<pipeline::Gate>{};
  const auto charter = problem::find_charter(repository);
  if (!charter || charter->name != model) return out;
  auto metrics = charter->secondary;
  metrics.insert(metrics.begin(), charter->metric);
  for (const auto& metric : metrics) {
    if (!metric.threshold) continue;
    const auto gate = threshold_of(metric);
    if (std::none_of(out.begin(), out.end(), [&](const auto& other) { return equal(gate, other); })) out.push_back(gate);
  }
  return out;
}

void print(Output& out, const std::vector<registry::GateResult>& results) {
  Table table{{{"gate"}, {"value", true}, {"answer"}, {"detail", false, 1}}, {}};
  for (const auto& result : results)
    table.rows.push_back({"gate  " + result.text, result.value ? fmt::format("{:.4f}", *result.value) : "—",
                          result.pass ? Text("pass", Style::good) : Text("fail", Style::bad), result.detail});
  if (!out.quiet()) out.table(table);
}

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
    const auto champion = registry::find(*repository, candidate.name + "@" + options->alias);
    const auto results = registry::judge(gates_of(*repository, candidate.name), candidate, champion);
    const bool pass = std::all_of(results.begin(), results.end(), [](const auto& result) { return result.pass; });
    const bool already = champion && champion->number == candidate.number;
    if (pass && !options->dry_run && !already) registry::promote(*repository, candidate, options->alias, results);
    if (out.json()) {
      out.value({{"name", candidate.name}, {"number", candidate.number}, {"alias", options->alias}, {"promoted", pass && !options->dry_run},
                 {"champion", champion ? Json(champion->number) : Json()}, {"gates", registry::to_json(results)}});
      return pass ? k_exit_done : k_exit_no;
    }
    print(out, results);
    if (results.empty()) out.note("neither mlops.yaml nor problem.yaml has gates: nothing was asked of " + candidate.label());
    if (pass && options->dry_run) out.line(candidate.label() + " would pass");
    if (pass && already) out.line(candidate.name + "@" + options->alias + " is " + candidate.label() + " already");
    else if (pass && !options->dry_run) out.line(Text(candidate.name + "@" + options->alias, Style::bold) + Text(" = " + candidate.label()) + Text(champion ? " (was " + champion->label() + ")" : ""));
    if (!pass) out.line("refused: " + candidate.label() + " stays a candidate" + (champion ? "; " + options->alias + " is still " + champion->label() : ""));
    return pass ? k_exit_done : k_exit_no;
  };
}

}  // namespace mlops
