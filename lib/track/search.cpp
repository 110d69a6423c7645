#include "track/search.h"

#include <fmt/format.h>

#include "base/text.h"
#include "track/filter_parse.h"
#include "track/filter_rules.h"
#include "track/service.h"

namespace mlops::track {
namespace {

constexpr const char* k_example = "for example: metrics.auc > 0.9 and params.lr = \"0.1\"";

meta::RunSearch parsed(const SearchOptions& options) {
  meta::RunSearch out;
  try {
    out.filter = parse_filter(options.filter, Domain::runs);
    out.order = parse_orders(options.order_by, Domain::runs);
  } catch (const ApiError& error) {
    throw input_error(error.message(), k_example);
  }
  out.limit = options.limit;
  out.view = options.deleted ? meta::View::deleted : meta::View::active;
  return out;
}

void choose_experiments(meta::TrackingTables& tables, const std::vector<std::string>& names, meta::RunSearch& search) {
  for (const auto& name : names) {
    const auto found = tables.experiment(name);
    if (!found) {
      std::vector<std::string> known;
      for (const auto& experiment : tables.experiments()) known.push_back(experiment.name);
      const std::string near = nearest(name, known);
      throw input_error(fmt::format("there is no experiment \"{}\"", printable(name)),
                        near.empty() ? "there is: " + join(known, ", ") : "did you mean \"" + near + "\"?");
    }
    search.experiments.push_back(found->id);
  }
}

const std::string* value_of(const std::vector<meta::KeyValue>& pairs, const std::string& key) {
  for (const auto& pair : pairs)
    if (pair.key == key) return &pair.value;
  return nullptr;
}

std::string attribute_text(const FoundRun& run, const std::string& key) {
  const auto& head = run.view.head;
  if (key == "run_id") return head.id;
  if (key == "run_name") return head.name;
  if (key == "status") return head.status;
  if (key == "artifact_uri") return head.location;
  if (key == "user_id") return head.user;
  if (key == "experiment_id") return std::to_string(head.experiment);
  if (key == "start_time") return to_utc(head.started * 1000);
  return head.ended ? to_utc(*head.ended * 1000) : "";
}

}  // namespace

std::vector<FoundRun> search_runs(data::Repository& repository, const SearchOptions& options) {
  meta::RunSearch search = parsed(options);
  std::vector<FoundRun> out;
  Service service(repository);
  service.read([&](meta::TrackingTables& tables) {
    choose_experiments(tables, options.experiments, search);
    for (const auto& head : tables.search(search)) {
      const auto experiment = tables.experiment(head.experiment);
      out.push_back({tables.view(head), experiment ? experiment->name : ""});
    }
  });
  return out;
}

std::size_t count_runs(data::Repository& repository, const SearchOptions& options) {
  meta::RunSearch search = parsed(options);
  std::size_t count = 0;
  Service service(repository);
  service.read([&](meta::TrackingTables& tables) {
    choose_experiments(tables, options.experiments, search);
    count = tables.count(search);
  });
  return count;
}

std::string field_text(const FoundRun& run, const std::string& field) {
  meta::OrderBy key;
  try {
    key = parse_order(field, Domain::runs);
  } catch (const ApiError& error) {
    throw input_error(error.message(), "for example: --fields metrics.auc,params.lr,status");
  }
  if (key.entity == meta::Entity::attribute) return attribute_text(run, key.key);
  if (key.entity == meta::Entity::metric) {
    for (const auto& point : run.view.metrics)
      if (point.key == key.key) return show_double(point.value);
    return "";
  }
  const auto* value = value_of(key.entity == meta::Entity::param ? run.view.params : run.view.tags, key.key);
  return value == nullptr ? "" : *value;
}

}  // namespace mlops::track
