// When an HTTP request is worth another try, and how long to wait before it.
#pragma once

#include <stop_token>
#include "base/error.h"

#include "base/error.h"
#include "base/http_client.h"

namespace mlops::store {

inline constexpr int k_tries = 6;             // in all
inline constexpr int k_tries_unanswered = 2;  // where the server has never answered: its name may be misspelt

// A broken or refused connection; 429, 500, 502, 503, 504.
bool may_help_again(const HttpAnswer& answer);
// Sleeps between 0.1 and 10 s, longer before each try (the first is 1), and in part by chance, so that many don't come
// again at once. Ends early where `stop` is requested.
void pause_before(int next_try, const std::stop_token& stop);
// The state error of a transfer that was stopped.
Error interrupted();

}  // namespace mlops::store
