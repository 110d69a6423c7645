#include "commands.h"
#include "data/author.h"
#include "feature/project.h"
#include "feature/registry.h"

namespace mlops {
namespace {

const char* sign_of(feature::Change::Kind kind) {
  return kind == feature::Change::Kind::added ? "+" : kind == feature::Change::Kind::removed ? "-" : "~";
}

const char* word_of(feature::Change::Kind kind) {
  return kind == feature::Change::Kind::added     ? "added"
         : kind == feature::Change::Kind::removed ? "removed"
                                                  : "changed";
}

Json to_json(const std::vector<feature::Change>& changes, bool dry) {
  Json list = Json::array();
  for (const auto& change : changes)
    list.push_back({{"change", word_of(change.kind)},
                    {"kind", change.what},
                    {"name", change.name},
                    {"detail", change.detail},
                    {"hash", change.after.is_null() ? Json() : Json(feature::hash_of(change.after).hex())}});
  return {{"changes", list}, {"applied", !dry}};
}

}  // namespace

Run define_feature_apply(CLI::App& app) {
  auto dry = std::make_shared<bool>(false);
  app.add_flag("--dry-run", *dry, "only say what would change");
  return [dry](Context& context) {
    const auto repository = open_repository(context);
    const auto definitions = feature::read_definitions(repository->root());
    const auto changes = feature::plan(feature::load_registry(repository->database()), definitions);
    if (!*dry) feature::apply(repository->database(), changes, data::author(*repository));
    if (context.out.json()) {
      context.out.value(to_json(changes, *dry));
      return k_exit_done;
    }
    for (const auto& change : changes) {
      const std::string hash = change.after.is_null() ? "" : "  " + feature::hash_of(change.after).brief();
      context.out.line(fmt::format("{} {} {}{}{}", sign_of(change.kind), change.what, change.name, hash,
                                   change.detail.empty() ? "" : "  " + change.detail));
    }
    if (changes.empty())
      context.out.line(
          fmt::format("unchanged: {} views, {} services", definitions.views.size(), definitions.services.size()));
    return k_exit_done;
  };
}

}  // namespace mlops
