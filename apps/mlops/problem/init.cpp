#include "base/text.h"
#include "commands.h"
#include "data/worktree.h"
#include "problem/facts.h"
#include "problem/template.h"

namespace mlops {
namespace {

struct Options {
  std::string name, goal, task, target;
  bool force = false;
};

problem::Known fill(problem::Known known, const Options& options, const fs::path& root) {
  if (!options.name.empty()) known.name = options.name;
  known.goal = options.goal;
  known.target = options.target;
  if (!options.task.empty()) {
    const std::string text =
        "name: x\ntask: \"" + options.task + "\"\nmetric: {name: x, direction: maximize, threshold: 0}\n";
    known.task = problem::parse_charter(text, "--task").task;
  }
  if (known.name.empty()) {
    for (const char c : root.filename().string())
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') known.name += c;
    if (known.name.empty() || known.name.front() == '-') known.name = "model";
  }
  return known;
}

}  // namespace

Run define_problem_init(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--name", options->name, "the model's name in the registry (default: the only model, else the folder)")
      ->type_name("NAME");
  app.add_option("--goal", options->goal, "one sentence: what shall be better")->type_name("TEXT");
  app.add_option("--task", options->task, "binary_classification, regression, …")->type_name("TASK");
  app.add_option("--target", options->target, "the column to predict")->type_name("COLUMN");
  app.add_flag("--force", options->force, "replace problem.yaml; its bytes are stored first");
  return [options](Context& context) {
    Output& out = context.out;
    const auto repository = open_repository(context);
    const fs::path file = repository->root() / problem::k_charter_file;
    std::error_code ignored;
    const bool there = fs::exists(fs::symlink_status(file, ignored));
    if (there && !options->force)
      throw state_error("there is a problem.yaml already",
                        "mlops problem show · mlops problem init --force   stores it aside and writes it anew");
    const std::string text = problem::charter_template(fill(gather_known(*repository), *options, repository->root()));
    (void)problem::parse_charter(text);
    std::string saved;
    if (there) saved = data::snapshot(*repository, problem::k_charter_file).object.id.hex();
    replace_file(file, text);
    if (out.json()) {
      out.value({{"file", problem::k_charter_file}, {"saved", saved.empty() ? Json() : Json(saved)}});
    } else {
      if (!saved.empty()) out.note("the old one is " + saved.substr(0, 12) + ": mlops data cat " + saved.substr(0, 12));
      out.line(std::string(problem::k_charter_file) + " written");
      out.note("next: fill it in · mlops problem check");
    }
    return k_exit_done;
  };
}

}  // namespace mlops
