#include "track/sealer.h"

#include "track/run_record.h"

namespace mlops::track {
namespace {

// Ended runs at once, but those that end together in one pack; revisions when nothing more came for a while.
constexpr Micros k_gather = 100'000, k_quiet = 2'000'000;
constexpr std::size_t k_at_once = 64;

struct Sealed {
  enum class Kind { experiment, run, model } kind;
  std::string name;
  std::int64_t number = 0;
  Json record;
  std::string text;
  Id id;
};

// Reads everything in one consistent look, puts objects and records into one pack, then notes it in one transaction.
class Batch {
 public:
  explicit Batch(Service& service) : service_(service), writer_(service.repository().store().writer()) {}

  std::size_t seal(const meta::TrackingTables::Changed& changed) {
    const Micros seen = now_micros();
    for (const auto& id : changed.runs) complete_series(id);
    service_.read([&](meta::TrackingTables& tables) {
      sealed_.clear();
      inlined_.clear();
      for (const auto id : changed.experiments)
        add({Sealed::Kind::experiment, "", id, experiment_record(tables, id), "", {}});
      for (const auto& id : changed.runs)
        if (const auto run = tables.run(id))
          add({Sealed::Kind::run, id, run->n, run_record(service_, *writer_, tables, *run, inlined_), "", {}});
      for (const auto& id : changed.models)
        if (const auto model = tables.logged_model(id))
          add({Sealed::Kind::model, id, 0, logged_model_record(service_, *writer_, tables, *model, inlined_), "", {}});
    });
    writer_->commit();
    service_.write([&](meta::TrackingTables& tables) { note(tables, seen); });
    return sealed_.size();
  }

 private:
  void complete_series(const std::string& id) {
    service_.write([&](meta::TrackingTables& tables) {
      if (auto run = tables.run(id)) load_series(service_, tables, *run);
    });
  }

  void add(Sealed sealed) {
    sealed.record["time"] = to_utc(now_micros());
    sealed.text = canonical_json(sealed.record);
    sealed.id = writer_->put_record(sealed.text);
    sealed_.push_back(std::move(sealed));
  }

  void note(meta::TrackingTables& tables, Micros seen) {
    for (const auto& sealed : sealed_) {
      tables.add_record(sealed.id, sealed.record, sealed.text);
      if (sealed.kind == Sealed::Kind::experiment) tables.sealed_experiment(sealed.number, sealed.id.hex(), seen);
      if (sealed.kind == Sealed::Kind::run) tables.sealed_run(sealed.number, sealed.id.hex(), seen);
      if (sealed.kind == Sealed::Kind::model) tables.sealed_model(sealed.name, sealed.id.hex(), seen);
    }
    for (const auto& [path, object] : inlined_) tables.outline(path, object);
  }

  Service& service_;
  std::unique_ptr<store::Writer> writer_;
  std::vector<Sealed> sealed_;
  std::vector<std::pair<std::string, Id>> inlined_;
};

}  // namespace

std::size_t seal_changed(Service& service, Micros quiet_before, Micros new_before) {
  meta::TrackingTables::Changed changed;
  service.read([&](meta::TrackingTables& tables) { changed = tables.changed(quiet_before, new_before, k_at_once); });
  if (changed.experiments.empty() && changed.runs.empty() && changed.models.empty()) return 0;
  return Batch(service).seal(changed);
}

void seal_runs(Service& service, const std::vector<std::string>& runs) {
  meta::TrackingTables::Changed changed;
  service.read([&](meta::TrackingTables& tables) {
    changed = tables.changed(INT64_MAX, INT64_MAX, k_at_once);
    changed.runs = runs;
  });
  Batch(service).seal(changed);
  meta::store_pending(service.repository().database());
}

void seal_all(Service& service) {
  meta::store_pending(service.repository().database());
  while (seal_changed(service, INT64_MAX, INT64_MAX) > 0) {
  }
}

Sealer::Sealer(Service& service) : service_(service), thread_([this](const std::stop_token& stop) { work(stop); }) {}

Sealer::~Sealer() {
  thread_.request_stop();
  thread_.join();
  try {
    seal_all(service_);
  } catch (const Error&) {
    // The tables say what is still to be sealed; the next start goes on there.
  }
}

void Sealer::work(const std::stop_token& stop) {
  Micros next = now_micros();
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(service_.change_mutex);
      service_.wait_for_change(lock, next, stop);
    }
    if (stop.stop_requested()) return;
    std::this_thread::sleep_for(std::chrono::microseconds(k_gather));
    const Micros now = now_micros();
    next = now + 60'000'000;
    try {
      meta::store_pending(service_.repository().database());
      while (!stop.stop_requested() && seal_changed(service_, now - k_quiet, now) > 0) {
      }
      service_.read([&](meta::TrackingTables& tables) {
        const Micros first = tables.changed(0, 0, 1).next;
        if (first > 0) next = std::max(first + k_quiet, now_micros() + k_quiet / 4);
      });
    } catch (const Error&) {
      next = now_micros() + 5'000'000;  // a full disk, a locked database: later
    }
  }
}

}  // namespace mlops::track
