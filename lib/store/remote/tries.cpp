#include "store/remote/tries.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/hash.h"

namespace mlops::store {
namespace {

constexpr Micros k_first_pause = 200'000, k_longest_pause = 10'000'000;

}  // namespace

bool may_help_again(const HttpAnswer& answer) {
  if (answer.problem == HttpProblem::lost || answer.problem == HttpProblem::unreachable) return true;
  if (answer.problem != HttpProblem::none) return false;
  const auto status = answer.status;
  return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

void pause_before(int next_try, const std::stop_token& stop) {
  const Micros whole = std::min(k_longest_pause, k_first_pause << (next_try - 2));
  const auto chance = static_cast<Micros>(std::stoul(random_hex(4), nullptr, 16));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, std::chrono::microseconds(whole / 2 + whole / 2 * chance / 0xffff), [] { return false; });
}

Error interrupted() { return state_error("interrupted; what was transferred stays, and the same command goes on"); }

}  // namespace mlops::store
