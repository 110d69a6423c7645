// Holds a charter against what is there. The facts are gathered by the caller, who may look into pipeline, runs and
// registry; the answers are made here, each with a sentence.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "problem/charter.h"

namespace mlops::problem {

struct SourceFact {
  std::string path;
  bool exists = false;            // in the work tree
  std::string version;            // of its pointer, 12 digits; "" = not versioned
  std::optional<Micros> changed;  // when its pointer (else its newest file) was written
};

// The target's column, where a table among the sources has one.
struct TargetFact {
  std::size_t tables = 0;  // looked at
  std::string table;       // the one with the column; "" = none has it
  bool numeric = false;
  std::size_t distinct = 0, rows = 0, nulls = 0;
  bool has_positive = false;        // the charter's positive value occurs
  std::vector<std::string> others;  // columns of the tables without it, for the nearest name
  std::string problem;              // why a table could not be read
};

// Where metrics were last seen: the version in production, the newest finished run, or the pipeline's metrics files.
struct MetricsFact {
  std::string from;  // "churn:7", "run 5e0b71d2a9c4", "metrics.json"
  std::map<std::string, double> values;
};

// The newest word of a monitor (an event on "alarm:MONITOR").
struct AlarmFact {
  std::string alarm;  // drift, performance, quality, latency
  bool firing = false;
  std::string summary;
  Micros time = 0;
};

struct Facts {
  Micros now = 0;
  std::vector<SourceFact> sources;
  TargetFact target;
  bool pipeline = false;                   // there is a mlops.yaml
  std::vector<std::string> stages;         // its stages
  std::vector<std::string> metrics_files;  // its metrics, whether they are there or not
  std::optional<MetricsFact> production, run, files;
  std::optional<Micros> production_time;  // when the version in production was registered
  std::vector<AlarmFact> alarms;
  std::string cron_problem;  // what is wrong with retraining.cron or .zone
};

enum class Answer { yes, no, unknown };
std::string_view to_text(Answer answer);

struct Finding {
  std::string item;  // "source data", "target churned", "auc ≥ 0.86", "data at most 7 d old"
  Answer answer = Answer::unknown;
  std::string sentence;
};

// In the order of the charter.
std::vector<Finding> check(const Charter& charter, const Facts& facts);

}  // namespace mlops::problem
