#include "monitor/statistic.h"

#include <array>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

using NumberFunction = Outcome (*)(const Numbers&);
using CountFunction = Outcome (*)(const Counts&);

constexpr auto k_p = Direction::p_value;
constexpr auto k_d = Direction::distance;

const std::array k_table{
    Statistic{"ks", "Kolmogorov–Smirnov p", k_p, 0.05, true, ks, nullptr},
    Statistic{"wasserstein", "Wasserstein (normed)", k_d, 0.1, true, wasserstein, nullptr},
    Statistic{"jensenshannon", "Jensen–Shannon", k_d, 0.1, true, static_cast<NumberFunction>(jensenshannon),
              static_cast<CountFunction>(jensenshannon)},
    Statistic{"psi", "PSI", k_d, 0.1, true, static_cast<NumberFunction>(psi), static_cast<CountFunction>(psi)},
    Statistic{"kl_div", "Kullback–Leibler", k_d, 0.1, true, static_cast<NumberFunction>(kl_div),
              static_cast<CountFunction>(kl_div)},
    Statistic{"hellinger", "Hellinger", k_d, 0.1, true, static_cast<NumberFunction>(hellinger),
              static_cast<CountFunction>(hellinger)},
    Statistic{"ed", "energy distance", k_d, 0.1, false, energy_distance, nullptr},
    Statistic{"anderson", "Anderson–Darling p", k_p, 0.1, false, anderson, nullptr},
    Statistic{"cramer_von_mises", "Cramér–von Mises p", k_p, 0.1, true, cramer_von_mises, nullptr},
    Statistic{"mannw", "Mann–Whitney p", k_p, 0.05, false, mann_whitney, nullptr},
    Statistic{"t_test", "Student t p", k_p, 0.05, false, t_test, nullptr},
    Statistic{"es", "Epps–Singleton p", k_p, 0.05, false, epps_singleton, nullptr},
    Statistic{"chisquare", "chi-square p", k_p, 0.05, false, nullptr, chisquare},
    Statistic{"z", "Z p", k_p, 0.05, false, nullptr, z},
    Statistic{"g_test", "G p", k_p, 0.1, false, nullptr, g_test},
    Statistic{"fisher_exact", "Fisher exact p", k_p, 0.1, false, nullptr, fisher_exact},
};

double total(const std::vector<std::uint64_t>& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
}

}  // namespace

double Counts::reference_rows() const { return total(reference); }
double Counts::current_rows() const { return total(current); }

bool Statistic::drifts(double value, double limit) const {
  if (std::isnan(value)) return false;
  if (inclusive && value == limit) return true;
  return direction == Direction::p_value ? value < limit : value > limit;
}

std::span<const Statistic> statistics() { return k_table; }

const Statistic& find_statistic(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& statistic : k_table) {
    if (statistic.name == name) return statistic;
    names.emplace_back(statistic.name);
  }
  const std::string near = nearest(name, names);
  throw usage_error("there is no test \"" + std::string(name) + "\"",
                    near.empty() ? "the tests are: " + join(names, " ") : "did you mean \"" + near + "\"?");
}

const Statistic& default_statistic(bool numeric, std::size_t rows, std::size_t distinct) {
  constexpr std::size_t k_small = 1000;
  if (rows > k_small) return find_statistic(numeric && distinct > 5 ? "wasserstein" : "jensenshannon");
  if (distinct <= 2) return find_statistic("z");
  return find_statistic(numeric && distinct > 5 ? "ks" : "chisquare");
}

}  // namespace mlops::monitor
