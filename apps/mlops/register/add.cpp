#include "commands.h"
#include "data/repository.h"
#include "register/model_json.h"

namespace mlops {

Run define_register_add(CLI::App& app) {
  auto options = std::make_shared<registry::AddOptions>();
  app.add_option("SOURCE", options->source, "a run (4 or more digits of its id), or a file or directory with the model")
      ->required();
  app.add_option("NAME", options->name, "the model's name")->required();
  app.add_option("--path", options->path, "which output of the run is the model")->type_name("PATH");
  app.add_option("-d,--description", options->description, "what this version is")->type_name("TEXT");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    const auto version = registry::add(*repository, *options);
    if (context.out.json()) {
      context.out.value(to_json(version, {}));
      return k_exit_done;
    }
    context.out.line(Text(version.label(), Style::bold) +
                     Text(fmt::format("  {} ({} files)", version.object.id.brief(), version.object.files)));
    context.out.note("next: mlops register promote " + version.label() + " prod");
    return k_exit_done;
  };
}

}  // namespace mlops
