// The outbox: what has to be told to somebody outside, kept until it has been.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "meta/database.h"

namespace mlops::meta {

struct Delivery {
  std::string key;     // says what it is about and for whom: the receiver's idempotency key
  std::string target;  // a name in the user's configuration; no address, no secret
  std::string body;
  Micros made = 0;
  std::int64_t attempts = 0;
  Micros next = 0;                // not tried before
  std::string state = "pending";  // pending, delivered, given up
  std::string problem{};          // of the last attempt
};

// Durable when it returns. A key that is there already stays as it is.
void add_delivery(Database& database, const Delivery& delivery);
// Pending, due at `now`, in the order in which they fell due.
std::vector<Delivery> due_deliveries(Database& database, Micros now, std::size_t limit = 100);
// What an attempt came to: attempts, next, state, problem.
void update_delivery(Database& database, const Delivery& delivery);
// Of a state, oldest first; "" = all.
std::vector<Delivery> deliveries(Database& database, const std::string& state, std::size_t limit = 1000);
// Delivered or given up, and made before then.
void forget_deliveries(Database& database, Micros before);

}  // namespace mlops::meta
