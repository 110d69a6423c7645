// problem.yaml, the charter: what a model is for, in numbers, so that a target is written down once (fields:
// share/doc/problem.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "data/repository.h"

namespace mlops::problem {

inline constexpr const char* k_charter_file = "problem.yaml";

// Where something stands in the file, for messages.
struct Place {
  int line = 0, column = 0;
};

enum class Task {
  binary_classification,
  multiclass_classification,
  regression,
  forecasting,
  ranking,
  clustering,
  anomaly_detection,
};
std::string_view to_text(Task task);

enum class Direction { maximize, minimize };
std::string_view to_text(Direction direction);

struct Metric {
  std::string name;  // as in a run's metrics: "auc", "test.auc"
  Direction direction = Direction::maximize;
  std::optional<double> threshold;  // the primary metric always has one
  Place place;

  // NaN meets nothing; without a threshold everything else does.
  [[nodiscard]] bool meets(double value) const;
  [[nodiscard]] std::string text() const;  // "auc ≥ 0.86"
};

// How long a request may take, at most, in this share of all requests. Microseconds.
struct Latency {
  std::optional<Micros> p50, p95, p99;
};

// How old things may be.
struct Freshness {
  std::optional<Micros> data;   // the newest training data
  std::optional<Micros> model;  // the version in production
};

// What counts as drift; unset: what `mlops monitor drift` does by itself.
struct DriftTarget {
  std::optional<double> share;              // of the columns, 0 to 1
  std::vector<std::string> tests;           // names of statistics; empty = the default of each column
  std::optional<std::size_t> minimum_rows;  // with fewer there is no verdict
};

// How a candidate must stand to the version in production, by the primary metric.
struct ChampionTarget {
  bool compared = true;
  double tolerance = 0;  // it may be worse by so much
  // A table of the run (made or read by one of its stages) on which both are asked anew; "" = the metrics of their own
  // runs are compared.
  std::string on;
};

// What starts a retraining.
enum class Cause { schedule, data, drift, performance, quality, latency };
std::string_view to_text(Cause cause);

struct Retraining {
  std::vector<Cause> on;             // sorted, none twice; empty: nobody retrains by itself
  std::vector<std::string> command;  // the words of `command:`, never given to a shell
  std::vector<std::string> stages;   // of `stages:`
  std::string cron, zone;            // of the cause "schedule"; zone "" = the machine's
  Micros cooldown = 0;               // no retraining sooner than this after the one before, whatever happens
  Place place;

  // `command`, else `mlops train run` with the stages.
  [[nodiscard]] std::vector<std::string> words() const;
  [[nodiscard]] bool has(Cause cause) const;
};

struct Charter {
  std::string name;  // the model's name in the registry
  std::string goal;  // "" = not written yet
  Task task = Task::binary_classification;
  std::string target;                // the column to predict; "" = none (clustering) or not written yet
  std::string positive;              // the target's value that counts as positive; "" = not said
  std::string prediction;            // the model's output that answers, as in its signature; "" = its only one
  std::string alias = "prod";        // the version in production
  std::vector<std::string> sources;  // paths relative to the repository's root
  Metric metric;
  std::vector<Metric> secondary;
  Latency latency;
  std::optional<double> errors;  // share of requests that may fail, 0 to 1
  Freshness freshness;
  DriftTarget drift;
  ChampionTarget champion;
  Retraining retraining;

  [[nodiscard]] bool supervised() const;  // the task has a target
};

// Throws Error(input) with file, line, column and the line itself; unknown keys with the nearest name.
Charter parse_charter(const std::string& text, const std::string& file = k_charter_file);
// problem.yaml of the repository's root. Throws Error(input) where there is none (hint: mlops problem init).
Charter read_charter(const data::Repository& repository);
// As read_charter, but no file is an answer.
std::optional<Charter> find_charter(const data::Repository& repository);

// Durations as microseconds (`latency.p99_us`, `freshness.data_us`, `retraining.cooldown_us`).
Json to_json(const Charter& charter);
// "250us", "5ms" and what parse_duration reads. nullopt: not a duration.
std::optional<Micros> parse_target(std::string_view text);
// "5 ms", "30 d", "1 h 30 min": exact, for targets.
std::string show_target(Micros duration);

}  // namespace mlops::problem
