#include "monitor/watch.h"

#include <algorithm>

#include "base/text.h"

namespace mlops::monitor {
namespace {

FileLock lock_model(const data::Repository& repository, const std::string& model) {
  const fs::path folder = repository.state() / "leases";
  fs::create_directories(folder);
  FileLock lock = FileLock::try_lock(folder / ("monitor-" + model + ".lock"));
  if (!lock)
    throw state_error(fmt::format("another monitor watches {}", model), "mlops monitor alarms shows what it found");
  return lock;
}

WindowInput input_of(const WatchedModel& model, const table::Table& rows, Micros from, Micros to) {
  WindowInput input{.model = model.name, .from = from, .to = to, .traffic = &rows};
  try {
    if (rows.rows > 0) input.reference = &model.reference(rows);
  } catch (const Error& error) {
    input.no_reference = error.message();
  }
  try {
    input.answers = model.answers(from, to, rows);
  } catch (const Error& error) {
    input.no_answers = error.message();
  }
  if (rows.rows == 0) input.no_reference = "nothing was asked";
  return input;
}

}  // namespace

Watch::Watch(data::Repository& repository, std::vector<WatchedModel> models, WatchOptions options)
    : repository_(repository), options_(std::move(options)) {
  for (auto& model : models) {
    FileLock lock = lock_model(repository, model.name);
    slots_.push_back({std::move(model), std::move(lock), std::nullopt});
  }
}

Micros Watch::end_of(Micros from) const { return from - from % options_.every + options_.every; }

// After the last sealed window, whatever its length was: nothing is left out, nothing counted twice.
Micros Watch::start_of(const Slot& slot, Micros now) {
  const auto sealed = repository_.database().list({.type = "window", .key = slot.model.name, .limit = 1});
  if (!sealed.empty()) return sealed.front().time;
  if (options_.since > 0) return options_.since - options_.since % options_.every;
  return std::max<Micros>(now - now % options_.every - options_.every, 0);
}

void Watch::advance(Micros now, const std::function<void(const Done&)>& tell) {
  for (auto& slot : slots_) {
    if (!slot.next) go_on(slot, tell);
    if (!slot.next) slot.next = start_of(slot, now);
    advance(slot, now, tell);
  }
}

// What was evaluated before a kill, exactly as it was.
void Watch::go_on(Slot& slot, const std::function<void(const Done&)>& tell) {
  for (const auto& planned : meta::planned_windows(repository_.database(), slot.model.name))
    finish(slot, planned, tell);
}

void Watch::advance(Slot& slot, Micros now, const std::function<void(const Done&)>& tell) {
  if (end_of(*slot.next) + options_.wait > now) return;
  const table::Table traffic = slot.model.traffic(*slot.next);
  for (Micros to = end_of(*slot.next); to + options_.wait <= now; to = end_of(*slot.next)) {
    if (options_.stop.stop_requested()) return;
    evaluate(slot, traffic, *slot.next, to, tell);
    slot.next = to;
  }
}

void Watch::evaluate(Slot& slot, const table::Table& traffic, Micros from, Micros to,
                     const std::function<void(const Done&)>& tell) {
  const table::Table rows = rows_between(traffic, from, to);
  const Json record = window_record(input_of(slot.model, rows, from, to), slot.model.limits);
  const meta::PlannedWindow planned{slot.model.name, from, to, now_micros(), canonical_json(record)};
  meta::plan_window(repository_.database(), planned);
  finish(slot, planned, tell);
}

// Each step can be done again with the same outcome; the plan goes last.
void Watch::finish(Slot& slot, const meta::PlannedWindow& planned, const std::function<void(const Done&)>& tell) {
  auto& database = repository_.database();
  Done done;
  done.window.body = parse_json(planned.body, "a planned window");
  done.window.id = database.seal(done.window.body);
  done.window.type = "window";
  done.window.key = slot.model.name;
  done.window.time = planned.to;
  done.changes = decide_alarms(database, done.window, options_.for_windows, planned.made);
  for (const auto& alarm : done.changes)
    for (const auto& target : options_.targets) meta::add_delivery(database, delivery_of(alarm, target, planned.made));
  meta::forget_window(database, planned);
  tell(done);
}

Micros Watch::next_due() {
  Micros due = INT64_MAX;
  for (const auto& slot : slots_) due = std::min(due, slot.next ? end_of(*slot.next) + options_.wait : 0);
  return due;
}

}  // namespace mlops::monitor
