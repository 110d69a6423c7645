// Seals what has ended: runs, experiments and logged models become records in the store, from which the tables can be
// made again. What changes later seals a further revision, once it has been quiet for a moment.
#pragma once

#include <stop_token>
#include <thread>

#include "track/service.h"

namespace mlops::track {

// Seals what changed before these times (see TrackingTables::changed). Returns how many records were made.
std::size_t seal_changed(Service& service, Micros quiet_before, Micros new_before);
// These runs, whatever else has changed.
void seal_runs(Service& service, const std::vector<std::string>& runs);
// Everything that has changed.
void seal_all(Service& service);

// A thread that does it in the background until it is dropped; then everything is sealed.
class Sealer {
 public:
  explicit Sealer(Service& service);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

 private:
  void work(const std::stop_token& stop);
  Service& service_;
  std::jthread thread_;
};

}  // namespace mlops::track
