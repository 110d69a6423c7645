// Who is told of alarms and how: webhooks and a program, both named by the user's own configuration and by nothing
// else. Telling goes through the outbox (meta/deliveries.h), so that a kill or a receiver that is down loses nothing.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/time.h"
#include "meta/deliveries.h"
#include "monitor/alarms.h"

namespace mlops::monitor {

struct Target {
  std::string name;                // "exec" is the program
  std::string url;                 // of a webhook
  std::string secret;              // signs the body; "" = not signed
  std::vector<std::string> words;  // of a program: argument vector, never a shell
  Micros timeout = 10'000'000;
};

// `monitor.webhooks`: a list of {name, url, secret} or of URLs; `monitor.exec`: a list of words. From the user's and
// the machine's file alone. Throws Error(input) naming what is wrong with them, never a secret.
std::vector<Target> targets_of(const Config& config);

// What is put into the outbox: key EVENT/TARGET, body as Alertmanager sends it to webhooks (version 4), with one alert.
meta::Delivery delivery_of(const Alarm& alarm, const Target& target, Micros made);

// Tries everything that is due once. A webhook answered with 2xx, a program ended with 0: delivered. Else again after 1
// s, 2 s, 4 s, … at most 5 min; after 30 attempts it is given up. `tell` gets a line for each failure. Returns how many
// were tried.
std::size_t deliver_due(meta::Database& database, const std::vector<Target>& targets, Micros now,
                        const std::stop_token& stop, const std::function<void(const std::string&)>& tell);

}  // namespace mlops::monitor
