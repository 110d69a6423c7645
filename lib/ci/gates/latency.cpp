#include <fmt/format.h>

#include "base/text.h"
#include "ci/gates/gates.h"
#include "monitor/window.h"

namespace mlops::ci {

// What production keeps is known of the version that answers now; for the candidate it tells what it will be held
// against.
void ask_latency(const Case& asked, Rows& rows) {
  const auto* charter = asked.charter();
  if (charter == nullptr || !(charter->latency.p50 || charter->latency.p95 || charter->latency.p99)) return;
  const auto windows = asked.repository.database().list({.type = "window", .key = charter->name, .limit = 1});
  const Json* check = windows.empty() ? nullptr : monitor::find_check(windows.front().body, "latency");
  if (check == nullptr) return;
  const std::string verdict = text_or(*check, "verdict"), text = text_or(*check, "text");
  if (verdict != "ok" && verdict != "violated") return;
  rows.push_back(
      {"latency",
       fmt::format("latency of {}@{}", charter->name, asked.alias),
       Answer::note,
       {},
       fmt::format("{} in the window that ended {}{}{}", verdict == "ok" ? "kept" : "violated",
                   text_or(windows.front().body, "to").substr(0, 16), text.empty() ? "" : ": ", printable(text))});
}

}  // namespace mlops::ci
