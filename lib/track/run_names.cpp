#include "track/run_names.h"

#include <fmt/format.h>

#include <array>
#include <random>

namespace mlops::track {

std::string invented_name() {
  static constexpr std::array k_qualities{"calm",  "bold",   "keen",    "swift",  "quiet", "bright", "brave", "gentle",
                                          "merry", "nimble", "patient", "proud",  "sharp", "sunny",  "vivid", "wise",
                                          "eager", "fair",   "grand",   "honest", "lucid", "mild",   "plain", "steady"};
  static constexpr std::array k_birds{"heron",  "finch",  "crane",  "robin",  "swift", "raven", "egret",  "plover",
                                      "osprey", "linnet", "dunlin", "avocet", "grebe", "hobby", "knot",   "merlin",
                                      "ouzel",  "pipit",  "rail",   "siskin", "teal",  "tern",  "thrush", "wren"};
  thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{}-{}-{}", k_qualities[random() % k_qualities.size()], k_birds[random() % k_birds.size()],
                     random() % 1000);
}

}  // namespace mlops::track
