// The monitor's loop without its clock: evaluates the windows that have ended, seals them, decides alarms, puts what is
// to be told into the outbox. May be killed at any instruction: no window is lost, doubled or evaluated twice with
// other content, no alarm event doubled, nothing to be told forgotten.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/repository.h"
#include "meta/planned_windows.h"
#include "monitor/alarms.h"
#include "monitor/notify.h"
#include "monitor/picked.h"
#include "monitor/window.h"

namespace mlops::monitor {

// A model and where its data comes from; the caller reads traffic, training data and labels.
struct WatchedModel {
  std::string name;
  WindowLimits limits;
  // All rows asked since then, as serve logs them.
  std::function<table::Table(Micros since)> traffic;
  // What the model was trained on; throws Error where that can't be told (the window then says why).
  std::function<const table::Table&(const table::Table& traffic)> reference;
  // Rows that became known in [from, to): asked and labelled, the later of the two in it. `window` is its traffic.
  std::function<std::optional<Answers>(Micros from, Micros to, const table::Table& window)> answers;
};

struct WatchOptions {
  Micros every = Micros{300} * 1'000'000;  // length of a window, aligned to 1970 UTC
  Micros wait = 3'000'000;                 // after a window's end, for rows that are still being written
  Micros since = 0;             // where to begin when nothing is sealed yet; 0 = with the last complete window
  std::size_t for_windows = 1;  // violated windows in a row before an alarm fires
  std::vector<Target> targets;  // who is told
  std::stop_token stop{};       // ends advance() after the window in progress
};

class Watch {
 public:
  // Takes each model's lock. Throws Error(state) when another monitor watches it.
  Watch(data::Repository& repository, std::vector<WatchedModel> models, WatchOptions options);

  struct Done {
    meta::Entry window;
    std::vector<Alarm> changes;
  };
  // Everything that is due at `now`; `tell` hears of each window once it and what follows is sealed. Throws what
  // reading data throws; called again it goes on.
  void advance(Micros now, const std::function<void(const Done&)>& tell);
  // When the next window can be evaluated.
  [[nodiscard]] Micros next_due();

 private:
  struct Slot {
    WatchedModel model;
    FileLock lock;
    std::optional<Micros> next;  // start of the next window
  };
  void go_on(Slot& slot, const std::function<void(const Done&)>& tell);
  void advance(Slot& slot, Micros now, const std::function<void(const Done&)>& tell);
  void evaluate(Slot& slot, const table::Table& traffic, Micros from, Micros to,
                const std::function<void(const Done&)>& tell);
  void finish(Slot& slot, const meta::PlannedWindow& planned, const std::function<void(const Done&)>& tell);
  [[nodiscard]] Micros start_of(const Slot& slot, Micros now);
  [[nodiscard]] Micros end_of(Micros from) const;

  data::Repository& repository_;
  WatchOptions options_;
  std::vector<Slot> slots_;
};

}  // namespace mlops::monitor
