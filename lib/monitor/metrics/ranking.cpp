#include <algorithm>
#include <cmath>
#include <numeric>

#include "monitor/metrics.h"

namespace mlops::monitor {
namespace {

constexpr double k_epsilon = 2.220446049250313e-16, k_single_epsilon = 1.1920928955078125e-07;

std::vector<std::size_t> by_descending(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

// Calls visit(positives, negatives) for each distinct score, highest first.
template <class Visit>
void for_each_score(std::span<const double> scores, std::span<const std::uint8_t> positive, const Visit& visit) {
  const auto order = by_descending(scores);
  for (std::size_t at = 0; at < order.size();) {
    double positives = 0, negatives = 0;
    const double score = scores[order[at]];
    for (; at < order.size() && scores[order[at]] == score; ++at) ++(positive[order[at]] != 0 ? positives : negatives);
    visit(positives, negatives);
  }
}

std::vector<std::uint8_t> is_class(const Judged& rows, std::uint32_t which) {
  std::vector<std::uint8_t> out(rows.truth.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = rows.truth[i] == which ? 1 : 0;
  return out;
}

std::vector<double> score_column(const Judged& rows, std::size_t column) {
  const std::size_t width = rows.score_classes.size();
  std::vector<double> out(rows.truth.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = rows.scores[i * width + column];
  return out;
}

double clipped(const Judged& rows, double probability) {
  const double epsilon = rows.single_precision ? k_single_epsilon : k_epsilon;
  return std::clamp(probability, epsilon, 1 - epsilon);
}

Outcome needs_all_classes() { return Outcome::none("not every class occurs"); }

Outcome one_against_rest(const Judged& rows, bool weighted) {
  double sum = 0, weights = 0;
  for (std::size_t column = 0; column < rows.score_classes.size(); ++column) {
    const auto positive = is_class(rows, rows.score_classes[column]);
    const double area = area_under_roc(score_column(rows, column), positive);
    if (std::isnan(area)) return needs_all_classes();
    const double weight =
        weighted ? static_cast<double>(std::count(positive.begin(), positive.end(), std::uint8_t{1})) : 1;
    sum += weight * area;
    weights += weight;
  }
  return sum / weights;
}

// The area for class a among the rows of a and b, by a's score.
double pair_area(const Judged& rows, std::size_t a, std::size_t b) {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
  const std::size_t width = rows.score_classes.size();
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    if (rows.truth[i] != rows.score_classes[a] && rows.truth[i] != rows.score_classes[b]) continue;
    scores.push_back(rows.scores[i * width + a]);
    positive.push_back(rows.truth[i] == rows.score_classes[a] ? 1 : 0);
  }
  return area_under_roc(scores, positive);
}

}  // namespace

double area_under_roc(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  double above = 0, area = 0, negatives_seen = 0;
  for_each_score(scores, positive, [&](double positives, double negatives) {
    area += negatives * (above + positives / 2);
    above += positives;
    negatives_seen += negatives;
  });
  return above * negatives_seen == 0 ? std::nan("") : area / (above * negatives_seen);
}

Outcome roc_auc(const Judged& rows) {
  const double area = area_under_roc(rows.scores, is_class(rows, rows.positive));
  return std::isnan(area) ? Outcome::none("there is one class only") : Outcome(area);
}

Outcome roc_auc_ovr(const Judged& rows) { return one_against_rest(rows, false); }
Outcome roc_auc_ovr_weighted(const Judged& rows) { return one_against_rest(rows, true); }

Outcome roc_auc_ovo(const Judged& rows) {
  double sum = 0, pairs = 0;
  for (std::size_t a = 0; a < rows.score_classes.size(); ++a)
    for (std::size_t b = a + 1; b < rows.score_classes.size(); ++b) {
      const double area = (pair_area(rows, a, b) + pair_area(rows, b, a)) / 2;
      if (std::isnan(area)) return needs_all_classes();
      sum += area;
      ++pairs;
    }
  return pairs == 0 ? needs_all_classes() : Outcome(sum / pairs);
}

Outcome average_precision(const Judged& rows) {
  const auto positive = is_class(rows, rows.positive);
  double seen = 0, right = 0, sum = 0;
  for_each_score(rows.scores, positive, [&](double positives, double negatives) {
    seen += positives + negatives;
    right += positives;
    sum += positives * right / seen;
  });
  return right == 0 ? 0 : sum / right;
}

Outcome log_loss(const Judged& rows) {
  double sum = 0;
  if (rows.task == TaskKind::binary) {
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
      const double p = clipped(rows, rows.scores[i]);
      sum -= std::log(rows.truth[i] == rows.positive ? p : 1 - p);
    }
    return sum / static_cast<double>(rows.truth.size());
  }
  const auto& columns = rows.score_classes;
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    const auto found = std::find(columns.begin(), columns.end(), rows.truth[i]);
    if (found == columns.end()) return Outcome::none("a class of the labels has no score");
    const auto column = static_cast<std::size_t>(found - columns.begin());
    sum -= std::log(clipped(rows, rows.scores[i * columns.size() + column]));
  }
  return sum / static_cast<double>(rows.truth.size());
}

Outcome brier(const Judged& rows) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    const double off = rows.scores[i] - (rows.truth[i] == rows.positive ? 1 : 0);
    sum += off * off;
  }
  return sum / static_cast<double>(rows.truth.size());
}

}  // namespace mlops::monitor
