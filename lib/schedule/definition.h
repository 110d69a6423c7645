// What a schedule is: when it starts, what it runs, and what happens when that meets itself or was missed. Definitions
// are sealed records (type "schedule"); the newest of a name speaks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"
#include "problem/charter.h"

namespace mlops::schedule {

// One thing that starts a schedule.
struct Trigger {
  enum class Kind {
    cron,      // at times of a zone's clock
    interval,  // every so often, counted from when the schedule was added
    data,      // a versioned path has another version
    alias,     // an alias of a model points elsewhere
    alarm,     // an alarm begins to fire
  };
  Kind kind = Kind::interval;
  std::string cron, zone;  // zone "" = the machine's
  Micros every = 0;
  std::string
      subject;  // data: the path; alias: "churn@prod", "churn" = any alias; alarm: "churn/drift", "churn" = any kind

  [[nodiscard]] std::string text() const;  // "0 3 * * 1 (Europe/Berlin)", "every 15m", "alarm:churn/drift"
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

// "data:PATH", "alias:MODEL@ALIAS", "alias:MODEL", "alarm:MODEL/KIND", "alarm:MODEL", "drift:MODEL",
// "performance:MODEL". Throws Error(usage).
Trigger parse_event_trigger(const std::string& text);

// What happens to a job while another one of its schedule runs.
enum class Overlap {
  wait,   // one after the other; nothing is lost
  skip,   // it is left out, and the history says so
  allow,  // they run side by side
};
std::optional<Overlap> parse_overlap(const std::string& text);
const char* to_text(Overlap overlap);

// What becomes of times that passed while nobody looked.
struct CatchUp {
  enum class Kind { none, last, all } kind = Kind::last;
  std::size_t most = 10;  // of `all`: the newest so many

  [[nodiscard]] std::string text() const;  // "none", "last", "all:10"
};
std::optional<CatchUp> parse_catch_up(const std::string& text);

struct Definition {
  std::string name;
  std::vector<Trigger> triggers;
  std::vector<std::string> command;  // an argument vector, never given to a shell
  bool charter = false;              // triggers, command and cooldown are those of problem.yaml's `retraining`
  Overlap overlap = Overlap::wait;
  CatchUp catch_up;
  Micros timeout = 0;   // 0 = none
  Micros cooldown = 0;  // no start sooner than this after the last one
  int retries = 0;      // further attempts of a job that failed
  Micros retry_wait = 60'000'000;
  std::map<std::string, std::string> seen;  // ids of the data triggers' paths when the schedule was added
  std::string author;
  Micros added = 0;
  Id record;
};

// Names are 1 to 64 of letters, digits, "-", "_" and ".". Throws Error(usage).
void check_name(const std::string& name);

std::vector<Definition> list(data::Repository& repository);  // sorted by name
// Throws Error(input) with the nearest name.
Definition find(data::Repository& repository, const std::string& name);

// What the definition means now: of a charter's schedule, with the numbers of problem.yaml. Throws Error(input) where
// that file can't be read or retrains on nothing.
Definition resolve(const data::Repository& repository, const Definition& definition);
// As above, with the charter at hand.
Definition resolve(const Definition& definition, const problem::Charter& charter);

// The version that PATH has in the work tree: the id in its pointer, "" where there is none.
std::string data_version(const data::Repository& repository, const std::string& path);

Json to_json(const Definition& definition);  // the record's fields

}  // namespace mlops::schedule
