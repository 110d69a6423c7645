#include <algorithm>
#include <cmath>
#include <iterator>

#include "monitor/report/html.h"
#include "monitor/report/svg.h"

namespace mlops::monitor {
namespace {

// In a square of 1000 by 1000, y downwards: from the least to the greatest of values and limit, with a margin.
struct Scale {
  double low = HUGE_VAL, high = -HUGE_VAL;

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void widen() {
    const double margin = high > low ? (high - low) * 0.08 : std::max(std::abs(high), 1.0) * 0.08;
    low -= margin;
    high += margin;
  }
  [[nodiscard]] double y(double value) const { return 1000 - 1000 * (value - low) / (high - low); }
};

// A gap where a window has no value; a window between two gaps is a short stroke.
std::string path_of(const std::vector<double>& values, const Scale& scale) {
  std::string out;
  const double step = values.size() > 1 ? 1000.0 / static_cast<double>(values.size() - 1) : 0;
  bool open = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      open = false;
      continue;
    }
    const double x = values.size() > 1 ? step * static_cast<double>(i) : 500;
    fmt::format_to(std::back_inserter(out), "{}{:.1f} {:.1f}", open ? 'L' : 'M', x, scale.y(values[i]));
    const bool alone = !open && (i + 1 == values.size() || !std::isfinite(values[i + 1]));
    if (alone) out += "h4";
    open = true;
  }
  return out;
}

std::string level(double value, const Scale& scale, const char* css, const char* dashes) {
  const double y = 8 + 184 * scale.y(value) / 1000;
  return fmt::format(
      "<line class=\"{0}\" stroke-dasharray=\"{1}\" x1=\"0\" x2=\"100%\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/><text x=\"0\" "
      "y=\"{3:.1f}\">{4}</text>",
      css, dashes, y, y - 4, figure(value));
}

}  // namespace

std::string line_chart(const std::vector<double>& values, double limit, const std::string& what) {
  Scale scale;
  for (const double value : values) scale.include(value);
  if (scale.high < scale.low) return "<p class=\"muted\">no window has a value</p>";
  const double lowest = scale.low, highest = scale.high;
  scale.include(limit);
  scale.widen();
  std::string axis = level(lowest, scale, "grid", "none");
  if (highest > lowest) axis += level(highest, scale, "grid", "none");
  if (std::isfinite(limit)) axis += level(limit, scale, "axis", "6 4");
  return fmt::format(
      "<svg class=\"chart wide\" role=\"img\" aria-label=\"{}\">{}<svg y=\"8\" width=\"100%\" height=\"184\" "
      "viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\"><path class=\"current-line\" "
      "vector-effect=\"non-scaling-stroke\" d=\"{}\"/></svg></svg>\n",
      escape(what), axis, path_of(values, scale));
}

}  // namespace mlops::monitor
