#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "track/filter_parse.h"
#include "track/keys.h"
#include "track/registry_view.h"
#include "track/run_names.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using meta::RunHead;
using meta::TrackingTables;
using meta::Values;

constexpr const char* k_name_tag = "mlflow.runName";
constexpr const char* k_parent_tag = "mlflow.parentRunId";

void check_tag(const meta::KeyValue& tag) { check_key(tag.key, "tag"); }

std::string status_of(const std::string& text) {
  for (const char* status : {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"})
    if (text == status) return text;
  throw invalid(fmt::format("\"{}\" is no status of a run; there are RUNNING, SCHEDULED, FINISHED, FAILED and KILLED",
                            printable(text)));
}

// A run's name and its tag mirror each other.
std::string name_of(const std::string& given, const std::vector<meta::KeyValue>& tags) {
  std::string tagged;
  for (const auto& tag : tags)
    if (tag.key == k_name_tag) tagged = tag.value;
  if (!given.empty() && !tagged.empty() && given != tagged)
    throw invalid(fmt::format("the run's name is '{}' in run_name and '{}' in the tag {}", printable(given),
                              printable(tagged), k_name_tag));
  return !given.empty() ? given : !tagged.empty() ? tagged : invented_name();
}

std::string create(Service& service, const Fields& fields) {
  auto tags = fields.pairs("tags");
  for (const auto& tag : tags) check_tag(tag);
  RunHead run;
  run.id = random_hex(32);
  run.name = name_of(fields.text_or("run_name", ""), tags);
  run.user = fields.text_or("user_id", "");
  run.status = "RUNNING";
  run.started = fields.integer("start_time").value_or(0);
  std::erase_if(tags, [](const auto& tag) { return tag.key == k_name_tag; });
  tags.push_back({k_name_tag, run.name});
  const bool nested = std::any_of(tags.begin(), tags.end(), [](const auto& tag) { return tag.key == k_parent_tag; });
  Caller* caller = current_caller();
  if (caller != nullptr && !nested) tags.push_back({k_parent_tag, caller->parent_run});
  meta::RunView view;
  service.write([&](TrackingTables& tables) {
    const auto experiment = active_experiment(tables, need_experiment(tables, fields).id);
    run.experiment = experiment.id;
    run.location = fmt::format("{}/{}/artifacts", experiment.location, run.id);
    run.n = tables.add_run(run);
    for (auto& tag : tags) tables.set_value(Values::run_tag, run.n, tag.key, tag.value = cut(tag.value, k_tag_text));
  });
  if (caller != nullptr) {
    const std::lock_guard lock(caller->mutex);
    caller->runs.push_back(run.id);
  }
  view.head = run;
  view.tags = tags;
  std::string out = "{\"run\":";
  append_run(out, view);
  return out + "}";
}

std::string get(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  std::string out = "{\"run\":";
  service.read([&](TrackingTables& tables) { append_run(out, tables.view(need_run(tables, id))); });
  return out + "}";
}

std::string update(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  const auto status = fields.text("status"), name = fields.text("run_name");
  const auto ended = fields.integer("end_time");
  RunHead run;
  service.write([&](TrackingTables& tables) {
    run = active_run(tables, id);
    if (status) run.status = status_of(*status);
    if (ended) run.ended = *ended;
    if (name && !name->empty()) {
      run.name = *name;
      tables.set_value(Values::run_tag, run.n, k_name_tag, cut(*name, k_tag_text));
    }
    tables.update_run(run);
    touched(service, tables, run);
  });
  return "{\"run_info\":" + info_text(run) + "}";
}

std::string set_deleted(Service& service, const Fields& fields, bool deleted) {
  const std::string id = run_id_of(fields);
  if (deleted)
    if (const auto names = service.registry().versions_of_run(id); !names.empty())
      throw conflict(fmt::format("the run {} is behind {} and can't be deleted; delete the model version first", id,
                                 join(names, ", ")));
  service.write([&](TrackingTables& tables) {
    RunHead run = need_run(tables, id);
    if (run.deleted == deleted) return;
    run.deleted = deleted;
    tables.update_run(run);
    tables.touch_run(run.n);
  });
  service.changed();
  return "{}";
}

std::string remove(Service& service, const Fields& fields) { return set_deleted(service, fields, true); }
std::string restore(Service& service, const Fields& fields) { return set_deleted(service, fields, false); }

void write_tag(TrackingTables& tables, RunHead& run, const meta::KeyValue& tag) {
  tables.set_value(Values::run_tag, run.n, tag.key, cut(tag.value, k_tag_text));
  if (tag.key != k_name_tag) return;
  run.name = tag.value;
  tables.update_run(run);
}

void write_param(TrackingTables& tables, const RunHead& run, const meta::KeyValue& param) {
  const std::string value = cut(param.value, k_param_text);
  const auto before = tables.value(Values::run_param, run.n, param.key);
  if (before && *before != value)
    throw invalid(fmt::format("the parameter '{}' of run {} is '{}' and can't become '{}'", printable(param.key),
                              run.id, printable(before->substr(0, 200)), printable(value.substr(0, 200))));
  if (!before) tables.set_value(Values::run_param, run.n, param.key, value);
}

std::string log_param(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  const meta::KeyValue param{fields.need("key"), fields.text_or("value", "")};
  check_key(param.key, "parameter");
  service.write([&](TrackingTables& tables) {
    const RunHead run = active_run(tables, id);
    write_param(tables, run, param);
    touched(service, tables, run);
  });
  return "{}";
}

std::string set_tag(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  const meta::KeyValue tag{fields.need("key"), fields.text_or("value", "")};
  check_tag(tag);
  service.write([&](TrackingTables& tables) {
    RunHead run = active_run(tables, id);
    write_tag(tables, run, tag);
    touched(service, tables, run);
  });
  return "{}";
}

std::string delete_tag(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields), key = fields.need("key");
  service.write([&](TrackingTables& tables) {
    const RunHead run = active_run(tables, id);
    if (!tables.remove_value(Values::run_tag, run.n, key))
      throw missing(fmt::format("run {} has no tag \"{}\"", id, printable(key)));
    touched(service, tables, run);
  });
  return "{}";
}

meta::View view_of(const Fields& fields) {
  const std::string view = fields.text_or("run_view_type", "ACTIVE_ONLY");
  if (view == "ACTIVE_ONLY") return meta::View::active;
  if (view == "DELETED_ONLY") return meta::View::deleted;
  if (view == "ALL") return meta::View::all;
  throw invalid(fmt::format("\"{}\" is no view; there are ACTIVE_ONLY, DELETED_ONLY and ALL", printable(view)));
}

std::string search(Service& service, const Fields& fields) {
  meta::RunSearch search;
  search.limit = fields.limit(1000, 50'000) + 1;  // one more tells whether there is a next page
  search.offset = fields.offset();
  search.view = view_of(fields);
  search.filter = parse_filter(fields.text_or("filter", ""), Domain::runs);
  search.order = parse_orders(fields.texts("order_by"), Domain::runs);
  for (const auto& id : fields.texts("experiment_ids")) {
    const auto number = Fields(Json{{"id", id}}).integer("id");
    search.experiments.push_back(*number);
  }
  if (search.experiments.empty()) return "{}";
  if (search.experiments.size() > 10'000) throw invalid("a search takes 10000 experiments at most");
  std::string out = "{";
  service.read([&](TrackingTables& tables) {
    auto found = tables.search(search);
    const bool more = found.size() == search.limit;
    if (more) found.pop_back();
    for (std::size_t i = 0; i < found.size(); ++i) {
      out += i == 0 ? "\"runs\":[" : ",";
      append_run(out, tables.view(found[i]));
    }
    if (!found.empty()) out += "]";
    if (more) out += fmt::format(",\"next_page_token\":\"{}\"", page_token(search.offset + search.limit - 1));
  });
  return out + "}";
}

meta::DatasetUse dataset_of(const Fields& input) {
  const auto dataset = input.object("dataset");
  if (!dataset) throw invalid("the field 'dataset' is missing");
  meta::DatasetUse out{dataset->need("name"),
                       dataset->need("digest"),
                       dataset->text_or("source_type", ""),
                       dataset->text_or("source", ""),
                       dataset->text_or("schema", ""),
                       dataset->text_or("profile", ""),
                       input.pairs("tags")};
  check_length(out.name, 500, "a dataset's name");
  check_length(out.digest, 36, "a dataset's digest");
  check_length(out.source, 65'535, "a dataset's source");
  check_length(out.schema, 1'048'575, "a dataset's schema");
  check_length(out.profile, 16'777'215, "a dataset's profile");
  for (const auto& tag : out.tags) {
    check_length(tag.key, 255, "the name of an input's tag");
    check_length(tag.value, 500, "the value of an input's tag");
  }
  return out;
}

std::vector<meta::ModelUse> models_of(const Fields& fields) {
  std::vector<meta::ModelUse> out;
  for (const auto& model : fields.objects("models"))
    out.push_back({model.need("model_id"), model.integer("step").value_or(0)});
  return out;
}

std::string log_inputs(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  std::vector<meta::DatasetUse> datasets;
  for (const auto& input : fields.objects("datasets")) datasets.push_back(dataset_of(input));
  const auto models = models_of(fields);
  service.write([&](TrackingTables& tables) {
    const RunHead run = active_run(tables, id);
    for (const auto& dataset : datasets) tables.add_input(run.n, run.experiment, dataset);
    for (const auto& model : models) tables.add_model_use(run.n, false, model);
    touched(service, tables, run);
  });
  return "{}";
}

std::string log_outputs(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  const auto models = models_of(fields);
  service.write([&](TrackingTables& tables) {
    const RunHead run = active_run(tables, id);
    for (const auto& model : models) tables.add_model_use(run.n, true, model);
    touched(service, tables, run);
  });
  return "{}";
}

// Params and tags of a batch; metrics are with the other metrics.
void check_batch(const std::vector<meta::KeyValue>& params, const std::vector<meta::KeyValue>& tags,
                 std::size_t metrics) {
  if (metrics > 1000 || params.size() > 100 || tags.size() > 100 || metrics + params.size() + tags.size() > 1000)
    throw invalid(fmt::format(
        "a batch holds at most 1000 metrics, 100 params, 100 tags and 1000 of all; this one has {}, {} and {}", metrics,
        params.size(), tags.size()));
  for (std::size_t i = 0; i < params.size(); ++i) {
    check_key(params[i].key, "parameter");
    for (std::size_t k = 0; k < i; ++k)
      if (params[k].key == params[i].key)
        throw invalid(fmt::format("the batch has the parameter '{}' twice", printable(params[i].key)));
  }
  for (const auto& tag : tags) check_tag(tag);
}

std::string log_batch(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields);
  std::vector<LoggedPoint> points;
  for (const auto& metric : fields.objects("metrics")) points.push_back(point_of(metric));
  const auto params = fields.pairs("params"), tags = fields.pairs("tags");
  check_batch(params, tags, points.size());
  service.write([&](TrackingTables& tables) {
    RunHead run = active_run(tables, id);
    for (const auto& param : params) write_param(tables, run, param);
    if (!points.empty()) write_points(tables, run, points);
    for (const auto& tag : tags) write_tag(tables, run, tag);
    touched(service, tables, run);
  });
  return "{}";
}

}  // namespace

std::vector<Endpoint> run_endpoints() {
  using enum web::Permission;
  return {{"POST", "/2.0/mlflow/runs/create", write, create},
          {"GET", "/2.0/mlflow/runs/get", web::Permission::read, get},
          {"POST", "/2.0/mlflow/runs/update", write, update},
          {"POST", "/2.0/mlflow/runs/delete", write, remove},
          {"POST", "/2.0/mlflow/runs/restore", write, restore},
          {"POST", "/2.0/mlflow/runs/log-parameter", write, log_param},
          {"POST", "/2.0/mlflow/runs/log-batch", write, log_batch},
          {"POST", "/2.0/mlflow/runs/set-tag", write, set_tag},
          {"POST", "/2.0/mlflow/runs/delete-tag", write, delete_tag},
          {"POST", "/2.0/mlflow/runs/log-inputs", write, log_inputs},
          {"POST", "/2.0/mlflow/runs/outputs", write, log_outputs},
          {"POST", "/2.0/mlflow/runs/search", web::Permission::read, search}};
}

}  // namespace mlops::track
