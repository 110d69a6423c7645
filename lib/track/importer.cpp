#include "track/importer.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/text.h"
#include "data/object_json.h"
#include "track/keys.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using meta::RunHead;
using meta::TrackingTables;
using meta::Values;

std::int64_t millis_of(const Json& record, std::string_view key) {
  return parse_time(text_or(record, key)).value_or(0) / 1000;
}

double metric_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nan("");
}

class Import {
 public:
  Import(data::Repository& repository, TrackingTables& tables) : repository_(repository), tables_(tables) {}

  void record(const Id& id) {
    const auto entry = repository_.database().find(id);
    if (!entry) return;
    if (entry->type == "experiment") experiment(*entry);
    if (entry->type == "run") run(*entry);
    if (entry->type == "logged-model") logged_model(*entry);
  }

 private:
  void experiment(const meta::Entry& entry) {
    const Json& body = entry.body;
    meta::Experiment sealed{integer_or(body, "experiment_id"),
                            text_or(body, "name"),
                            text_or(body, "artifact_location"),
                            text_or(body, "lifecycle") == "deleted",
                            integer_or(body, "created"),
                            integer_or(body, "updated"),
                            {},
                            {}};
    auto here = tables_.experiment(sealed.id);
    const bool same = here && (sealed.id == 0 || here->created == sealed.created);
    if (here && !same) sealed.id = 0;  // another one took the number: a clone's
    const auto named = tables_.experiment(sealed.name);
    if (named && (!same || named->id != here->id)) return;  // experiments meet by name
    if (same)
      tables_.update_experiment(sealed);
    else
      sealed.id = tables_.add_experiment(sealed);
    for (const auto& tag : tables_.values(Values::experiment_tag, sealed.id))
      tables_.remove_value(Values::experiment_tag, sealed.id, tag.key);
    const Json tags = body.value("tags", Json::object());
    for (const auto& [key, value] : tags.items())
      if (value.is_string()) tables_.set_value(Values::experiment_tag, sealed.id, key, value.get<std::string>());
    tables_.sealed_experiment(sealed.id, entry.id.hex(), INT64_MAX);
  }

  // The experiment of that name; made where there is none, and then to be sealed with its number.
  meta::Experiment experiment_of(const Json& body) {
    const std::string given = text_or(body, "experiment"), name = given.empty() ? "Default" : given;
    if (auto found = tables_.experiment(name)) return *std::move(found);
    const std::int64_t time = millis_of(body, "started");
    meta::Experiment made{0, name, "", false, time, time, {}, {}};
    made.id = tables_.add_experiment(made);
    made.location = fmt::format("mlflow-artifacts:/{}", made.id);
    tables_.update_experiment(made);
    tables_.touch_experiment(made.id);
    return made;
  }

  void run(const meta::Entry& entry) {
    const Json& body = entry.body;
    auto here = tables_.run(entry.key);
    if (entry.key.empty() || (here && here->sealed == entry.id.hex())) return;
    if (here && !here->sealed.empty() && newer(here->sealed, entry)) return;
    if (here && here->sealed.empty()) return;  // it goes on here
    const auto experiment = experiment_of(body);
    RunHead head;
    head.id = entry.key;
    head.experiment = experiment.id;
    head.name = text_or(body, "name");
    head.user = text_or(body, "author");
    head.status = api_status(text_or(body, "status"));
    head.started = millis_of(body, "started");
    if (body.contains("ended")) head.ended = millis_of(body, "ended");
    head.location = text_or(body, "artifact_uri");
    if (head.location.empty()) head.location = fmt::format("{}/{}/artifacts", experiment.location, head.id);
    head.deleted = text_or(body, "lifecycle") == "deleted";
    head.sealed = entry.id.hex();
    if (const auto series = data::object_of(body.value("series", Json::object()))) head.series = series->id.hex();
    if (here) {
      head.n = here->n;
      tables_.forget_contents(here->n);
      tables_.update_run(head);
    } else {
      head.n = tables_.add_run(head);
    }
    values(head, body);
    uses(head, body);
    artifacts(head, body);
  }

  bool newer(const std::string& sealed, const meta::Entry& than) {
    const auto id = Id::from_hex(sealed);
    const auto entry = id ? repository_.database().find(*id) : std::nullopt;
    return entry && std::pair(entry->time, entry->id) > std::pair(than.time, than.id);
  }

  void values(const RunHead& head, const Json& body) {
    const Json params = body.value("params", Json::object()), tags = body.value("tags", Json::object()),
               metrics = body.value("metrics", Json::object());
    for (const auto& [key, value] : params.items())
      tables_.set_value(Values::run_param, head.n, key, cut(param_text(value), k_param_text));
    for (const auto& [key, value] : tags.items())
      if (value.is_string()) tables_.set_value(Values::run_tag, head.n, key, value.get<std::string>());
    if (!tags.contains("mlflow.runName") && !head.name.empty())
      tables_.set_value(Values::run_tag, head.n, "mlflow.runName", head.name);
    const Json places = body.value("latest", Json::object());
    const std::int64_t end = head.ended.value_or(head.started);
    for (const auto& [key, value] : metrics.items()) {
      meta::Point point{key, metric_of(value), end, 0};
      if (places.contains(key) && places[key].is_object()) {
        point.time = integer_or(places[key], "time");
        point.step = integer_or(places[key], "step");
      }
      // Without a series the value is all there is of its history.
      if (head.series.empty())
        tables_.log_points(head.n, std::span(&point, 1));
      else
        tables_.set_latest(head.n, point);
    }
  }

  void uses(const RunHead& head, const Json& body) {
    for (const auto& input : body.value("inputs", Json::array())) {
      meta::DatasetUse use{text_or(input, "name"),
                           text_or(input, "digest"),
                           text_or(input, "source_type"),
                           text_or(input, "source"),
                           text_or(input, "schema"),
                           text_or(input, "profile"),
                           {}};
      const Json tags = input.value("tags", Json::object());
      for (const auto& [key, value] : tags.items())
        if (value.is_string()) use.tags.push_back({key, value.get<std::string>()});
      if (!use.name.empty()) tables_.add_input(head.n, head.experiment, use);
    }
    for (const char* side : {"models_in", "models_out"})
      for (const auto& use : body.value(side, Json::array()))
        tables_.add_model_use(head.n, std::string_view(side) == "models_out",
                              {text_or(use, "model_id"), integer_or(use, "step")});
  }

  // A run's artifacts, and what stages of a pipeline made, as directories that lie in the store.
  void artifacts(const RunHead& head, const Json& body) {
    if (!proxied(head.location)) return;
    const std::string root = proxied_path(head.location);
    tables_.remove_artifacts(root);
    if (const auto object = data::object_of(body.value("artifacts", Json::object()))) place(root, head.id, *object);
    for (const auto& stage : body.value("stages", Json::array()))
      for (const auto& out : stage.value("outs", Json::array()))
        if (const auto object = data::object_of(out)) place(root + "/" + text_or(out, "path"), head.id, *object);
  }

  void place(const std::string& path, const std::string& owner, const store::ObjectRef& object) {
    try {
      (void)artifact_path(path);
    } catch (const Error&) {
      return;  // a name that the API can't carry
    }
    tables_.put_artifact({path, owner, object.kind == store::Kind::tree, object.id, object.size, object.files, false},
                         std::nullopt);
  }

  void logged_model(const meta::Entry& entry) {
    const Json& body = entry.body;
    const auto here = tables_.logged_model(entry.key);
    if (entry.key.empty() || (here && here->sealed == entry.id.hex())) return;
    if (here && (here->sealed.empty() || newer(here->sealed, entry))) return;
    meta::LoggedModel model{entry.key,
                            experiment_of(body).id,
                            integer_or(body, "created"),
                            text_or(body, "lifecycle") == "deleted",
                            body.value("model", Json::object()),
                            entry.id.hex()};
    tables_.put_logged_model(model);
    std::vector<meta::ModelPoint> points;
    for (const auto& point : body.value("metrics", Json::array()))
      points.push_back({{text_or(point, "key"), metric_of(point.value("value", Json())), integer_or(point, "time"),
                         integer_or(point, "step")},
                        text_or(point, "run_id"),
                        text_or(point, "dataset"),
                        text_or(point, "digest")});
    tables_.add_model_points(model.id, points);
    const std::string location = text_or(model.body, "artifact_uri");
    if (!proxied(location)) return;
    const std::string root = proxied_path(location);
    tables_.remove_artifacts(root);
    if (const auto object = data::object_of(body.value("artifacts", Json::object()))) place(root, model.id, *object);
  }

  data::Repository& repository_;
  TrackingTables& tables_;
};

}  // namespace

std::string api_status(const std::string& status) {
  if (status == "finished") return "FINISHED";
  return status == "failed" ? "FAILED" : "KILLED";
}

std::string record_status(const std::string& status) {
  if (status == "FINISHED") return "finished";
  return status == "FAILED" ? "failed" : "killed";
}

std::string param_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return show_double(value.get<double>());
  return dump(value);
}

bool import_news(data::Repository& repository, TrackingTables& tables, std::size_t limit) {
  Import import(repository, tables);
  const auto news = tables.news(limit);
  for (const auto& id : news) {
    try {
      import.record(id);
    } catch (const Error&) {
      // A record that can't be read is fsck's to name; the others must still be found.
    }
    tables.drop_news(id);
  }
  return news.size() == limit;
}

}  // namespace mlops::track
