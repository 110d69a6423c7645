#include "commands.h"
#include "data/repository.h"
#include "register/models.h"

namespace mlops {
namespace {

struct Options {
  std::string model, alias;
  bool remove = false;
};

}  // namespace

Run define_register_alias(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "churn:7 (with --delete: churn)")->required();
  app.add_option("ALIAS", options->alias, "the alias, without @")->required();
  app.add_flag("--delete", options->remove, "take the alias away");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    const auto version = registry::resolve(*repository, options->model);
    registry::set_alias(*repository, version.name, options->alias, options->remove ? 0 : version.number);
    if (context.out.json())
      context.out.value({{"name", version.name},
                         {"alias", options->alias},
                         {"number", options->remove ? Json() : Json(version.number)}});
    else
      context.out.line(options->remove ? version.name + "@" + options->alias + " is gone"
                                       : version.name + "@" + options->alias + " = " + version.label());
    return k_exit_done;
  };
}

}  // namespace mlops
