#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "feature/registry.h"

namespace mlops {
namespace {

Json version_json(const feature::Version& version) {
  return {{"number", version.number},
          {"hash", version.hash.hex()},
          {"record", version.record.hex()},
          {"time", to_utc(version.time)},
          {"author", version.author}};
}

std::string keys_of(const feature::View& view) {
  std::vector<std::string> keys;
  for (const auto& key : view.keys) keys.push_back(key.name);
  return join(keys, ", ");
}

}  // namespace

Run define_feature_list(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    const auto registry = feature::load_registry(repository->database());
    if (context.out.json()) {
      Json views = Json::array(), services = Json::array();
      for (const auto& [name, applied] : registry.views)
        views.push_back({{"name", name},
                         {"version", version_json(applied.version)},
                         {"definition", feature::to_json(applied.view)}});
      for (const auto& [name, applied] : registry.services)
        services.push_back({{"name", name},
                            {"version", version_json(applied.version)},
                            {"definition", feature::to_json(applied.service)}});
      context.out.value({{"views", views}, {"services", services}});
      return k_exit_done;
    }
    Table table{{{"kind"}, {"name"}, {"version", true}, {"hash"}, {"keys"}, {"features", true}, {"applied", false, 1}},
                {}};
    const Micros now = now_micros();
    for (const auto& [name, applied] : registry.views)
      table.rows.push_back({"view", Text(name, Style::bold), std::to_string(applied.version.number),
                            applied.version.hash.brief(), keys_of(applied.view),
                            std::to_string(applied.view.features.size()), to_local(applied.version.time, now)});
    for (const auto& [name, applied] : registry.services)
      table.rows.push_back({"service", Text(name, Style::bold), std::to_string(applied.version.number),
                            applied.version.hash.brief(), "", "", to_local(applied.version.time, now)});
    context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
