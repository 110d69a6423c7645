// The live tables of tracking: experiments, runs, logged models, artifacts. One TrackingTables is one connection, used
// by one thread at a time; every method is called inside `read` or inside a work of `group`. Times are milliseconds
// since 1970.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "meta/database.h"
#include "meta/filter.h"

namespace mlops::meta {

struct KeyValue {
  std::string key, value;
};

struct Experiment {
  std::int64_t id = 0;
  std::string name, location;
  bool deleted = false;
  std::int64_t created = 0, updated = 0;
  std::string sealed{};
  std::vector<KeyValue> tags{};
};

struct Point {
  std::string key;
  double value = 0;
  std::int64_t time = 0, step = 0;
};

struct RunHead {
  std::int64_t n = 0;  // its number in the tables
  std::string id;
  std::int64_t experiment = 0;
  std::string name, user, status;  // status as MLflow writes it
  std::int64_t started = 0;
  std::optional<std::int64_t> ended{};
  std::string location;  // artifact URI
  bool deleted = false;
  std::string sealed{};  // newest record, hexadecimal; "" = none yet
  std::string series{};  // file of points that are not in the tables; "" = all are
};

struct DatasetUse {
  std::string name, digest, source_type, source, schema, profile;
  std::vector<KeyValue> tags;
};

struct ModelUse {
  std::string model;
  std::int64_t step = 0;
};

struct RunView {
  RunHead head;
  std::vector<Point> metrics;  // the latest of each key
  std::vector<KeyValue> params, tags;
  std::vector<DatasetUse> datasets;
  std::vector<ModelUse> inputs, outputs;
};

struct LoggedModel {
  std::string id;
  std::int64_t experiment = 0, created = 0;
  bool deleted = false;
  Json body;  // name, status, model_type, source_run_id, updated, artifact_uri, params {}, tags {}
  std::string sealed{};
};

struct ModelPoint {
  Point point;
  std::string run, dataset, digest;
};

struct Artifact {
  std::string path, owner;
  bool tree = false;
  Id object{};
  std::uint64_t size = 0, files = 1;
  bool inlined = false;  // its bytes lie in the row
};

// Name and value of an entity's tag or parameter table.
enum class Values { experiment_tag, run_tag, run_param };

class TrackingTables {
 public:
  // A connection of its own to the database's file.
  explicit TrackingTables(Database& database);
  ~TrackingTables();
  TrackingTables(const TrackingTables&) = delete;
  TrackingTables& operator=(const TrackingTables&) = delete;

  // Calls work() on one consistent state.
  void read(const std::function<void()>& work);
  // Does all works in one transaction, each whole or not at all; what it did is durable on return. Gives what each
  // threw.
  std::vector<std::exception_ptr> group(std::span<const std::function<void()>* const> works);

  // Experiments.
  std::optional<Experiment> experiment(std::int64_t id);
  std::optional<Experiment> experiment(const std::string& name);
  std::vector<Experiment> experiments();                      // all, by id
  std::int64_t add_experiment(const Experiment& experiment);  // id 0: the next free one
  void update_experiment(const Experiment& experiment);       // name, location, deleted, times
  void delete_runs_of(std::int64_t experiment, bool deleted);

  // Tags and parameters.
  std::vector<KeyValue> values(Values of, std::int64_t owner);
  std::optional<std::string> value(Values of, std::int64_t owner, std::string_view key);
  void set_value(Values of, std::int64_t owner, std::string_view key, std::string_view value);
  bool remove_value(Values of, std::int64_t owner, std::string_view key);

  // Runs.
  std::optional<RunHead> run(std::string_view id);
  std::int64_t add_run(const RunHead& run);
  void update_run(const RunHead& run);     // everything but n and id
  void forget_contents(std::int64_t run);  // everything but its head and artifacts
  void log_points(std::int64_t run, std::span<const Point> points);
  void set_latest(std::int64_t run, const Point& point);
  RunView view(const RunHead& head);
  std::vector<Point> history(std::int64_t run, std::string_view key, std::size_t limit, std::size_t offset);
  void for_each_point(std::int64_t run, const std::function<void(const Point&)>& visit);
  void add_input(std::int64_t run, std::int64_t experiment, const DatasetUse& dataset);
  void add_model_use(std::int64_t run, bool output, const ModelUse& use);
  std::vector<RunHead> search(const RunSearch& search);
  std::size_t count(const RunSearch& search);
  std::vector<std::string> running();  // ids of runs that have not ended

  // Logged models.
  std::optional<LoggedModel> logged_model(std::string_view id);
  std::vector<LoggedModel> logged_models(
      std::int64_t experiment);  // of one experiment that are not deleted, newest first
  void put_logged_model(const LoggedModel& model);
  void add_model_points(const std::string& model, std::span<const ModelPoint> points);
  std::vector<ModelPoint> model_points(std::string_view model);

  // Artifacts. Paths are normal: no empty parts, no "." or "..".
  std::optional<Artifact> artifact(std::string_view path);
  std::string artifact_bytes(std::string_view path);
  void put_artifact(const Artifact& artifact, std::optional<std::string_view> bytes);
  void outline(std::string_view path, const Id& object);              // its bytes are in the store now
  std::vector<Artifact> artifacts_below(std::string_view directory);  // all rows below it, by path
  std::size_t remove_artifacts(std::string_view path);                // the row, and all below it

  // What is to be sealed, and what was sealed elsewhere.
  void touch_experiment(std::int64_t id);
  void touch_run(std::int64_t n);
  void touch_logged_model(std::string_view id);
  struct Changed {
    std::vector<std::int64_t> experiments;
    std::vector<std::string> runs, models;
    Micros next = 0;  // when the next becomes ripe; 0 = nothing waits
  };
  // What changed before `quiet_before` (what was never sealed: before `new_before`), at most `limit` of each. Runs only
  // that have ended; runs in progress are not waited for.
  Changed changed(Micros quiet_before, Micros new_before, std::size_t limit);
  // Notes the record; clears `changed` where nothing changed since `seen`.
  void sealed_experiment(std::int64_t id, const std::string& record, Micros seen);
  void sealed_run(std::int64_t n, const std::string& record, Micros seen);
  void sealed_model(std::string_view id, const std::string& record, Micros seen);
  // Into the index; it is no news here. `pending`: it is not in the store yet (store_pending).
  void add_record(const Id& id, const Json& record, const std::string& text, bool pending = false);
  bool has_news();
  std::vector<Id> news(std::size_t limit);
  void drop_news(const Id& record);
  std::int64_t registry_count();  // grows with every record and event of the registry, whoever seals it

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

// Puts records that so far lie only in the database into the store; without any it costs one look.
void store_pending(Database& database);

// Objects that artifacts of runs and logged models not yet sealed lie in, those of deleted ones left out (for gc).
void for_each_artifact(Database& database, const std::function<void(const Id&)>& visit);

}  // namespace mlops::meta
