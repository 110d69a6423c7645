#include "monitor/report/svg.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "monitor/report/html.h"
#include "table/histogram.h"

namespace mlops::monitor {
namespace {

using Bars = std::vector<double>;

Bars bars_of(const Json& chart, const char* side) { return chart.contains(side) ? chart[side].get<Bars>() : Bars{}; }

double highest_bar(const Bars& a, const Bars& b) {
  double out = 0;
  for (const auto& side : {a, b})
    for (const double bar : side) out = std::max(out, bar);
  return out > 0 ? out : 1;
}

// Steps in a square of 1000 by 1000, y downwards. `closed`: down to the ground at both ends.
std::string steps(const Bars& bars, double top, bool closed) {
  std::string out = closed ? "M0 1000" : "";
  const double width = 1000.0 / static_cast<double>(bars.size());
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = 1000 - 1000 * bars[i] / top;
    const auto move = i == 0 && !closed ? 'M' : 'L';
    out += fmt::format("{}{:.0f} {:.0f}H{:.0f}", move, width * static_cast<double>(i), y,
                       width * static_cast<double>(i + 1));
  }
  return closed ? out + "V1000Z" : out;
}

std::string overlay(const Bars& reference, const Bars& current, double top) {
  std::string out;
  const auto area = [&](const Bars& bars, const char* side) {
    if (!bars.empty()) out += fmt::format("<path class=\"{}-area\" d=\"{}\"/>", side, steps(bars, top, true));
  };
  const auto line = [&](const Bars& bars, const char* side) {
    if (!bars.empty())
      out += fmt::format("<path class=\"{}-line\" vector-effect=\"non-scaling-stroke\" d=\"{}\"/>", side,
                         steps(bars, top, false));
  };
  area(reference, "reference");
  area(current, "current");
  line(reference, "reference");
  line(current, "current");
  return out;
}

// A round step (1, 2 or 5 times a power of ten) that divides `span` into about `parts`.
double round_step(double span, int parts) {
  const double rough = span / parts, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.9999) return factor * power;
  return 10 * power;
}

std::string tick_text(double value, double step) {
  if (std::abs(value) < step / 1e6) return "0";
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 6);
  if (std::abs(value) >= 1e6 || step < 1e-5) return fmt::format("{:.4g}", value);
  return fmt::format("{:.{}f}", value, decimals);
}

constexpr int k_top = 8, k_height = 184;

std::string share_axis(double top) {
  std::string out;
  const double step = round_step(top, 4);
  for (int i = 1; step * i <= top * 1.0001; ++i) {
    const double y = k_top + k_height * (1 - step * i / top);
    out += fmt::format(
        "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/><text x=\"0\" y=\"{1:.1f}\">{2} "
        "%</text>",
        y, y + 14, tick_text(100 * step * i, 100 * step));
  }
  return out;
}

std::string value_axis(double low, double high) {
  std::string out = fmt::format("<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{0}\" y2=\"{0}\"/>", k_top + k_height);
  const double step = round_step(high - low, 5);
  for (double value = std::ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) {
    const double place = (value - low) / (high - low);
    const char* anchor = place < 0.03 ? "start" : place > 0.97 ? "end" : "middle";
    out += fmt::format("<line class=\"axis\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"{1}\" y2=\"{2}\"/>", 100 * place,
                       k_top + k_height, k_top + k_height + 4);
    out += fmt::format("<text x=\"{:.2f}%\" y=\"{}\" text-anchor=\"{}\">{}</text>", 100 * place, k_top + k_height + 20,
                       anchor, tick_text(value, step));
  }
  return out;
}

std::string two_bars(double reference, double current, double top, bool both) {
  const auto bar = [&](const char* side, double share, int y, int height) {
    return fmt::format("<rect class=\"{}-bar\" x=\"0\" y=\"{}\" width=\"{:.2f}%\" height=\"{}\"/>", side, y,
                       100 * share / top, height);
  };
  return "<svg aria-hidden=\"true\">" +
         (both ? bar("reference", reference, 1, 6) + bar("current", current, 9, 6) : bar("current", reference, 3, 10)) +
         "</svg>";
}

}  // namespace

std::string histogram(const Json& chart, const std::string& what) {
  const Bars reference = bars_of(chart, "reference"), current = bars_of(chart, "current"),
             edges = bars_of(chart, "edges");
  if (edges.size() < 2 || !(edges.back() > edges.front())) return {};
  const double top = highest_bar(reference, current) * 1.06;
  // One side alone is drawn in the accent.
  const std::string inside = current.empty() ? overlay({}, reference, top) : overlay(reference, current, top);
  return fmt::format(
      "<svg class=\"chart\" role=\"img\" aria-label=\"{}\">{}<svg y=\"{}\" width=\"100%\" height=\"{}\" viewBox=\"0 0 "
      "1000 1000\" "
      "preserveAspectRatio=\"none\">{}</svg>{}</svg>\n",
      escape(what), share_axis(top), k_top, k_height, inside, value_axis(edges.front(), edges.back()));
}

std::string category_rows(const Json& chart, const std::string& what) {
  const Bars reference = bars_of(chart, "reference"), current = bars_of(chart, "current");
  const bool both = !current.empty();
  const double top = highest_bar(reference, current);
  std::string out = fmt::format("<table class=\"categories\" aria-label=\"{}\"><tbody>\n", escape(what));
  const auto row = [&](const std::string& label, double x, double y, const char* note) {
    out += fmt::format("<tr><td class=\"label\">{}{}</td><td class=\"bars\">{}</td><td class=\"n\">{}</td>{}</tr>\n",
                       label, note, two_bars(x, y, std::max({top, x, y}), both), percent(x),
                       both ? cell(percent(y), "n") : "");
  };
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const auto& label = chart["labels"][i].get_ref<const std::string&>();
    const double y = both ? current[i] : 0;
    const char* note = both && reference[i] == 0 ? " <span class=\"new\">new</span>"
                       : both && y == 0          ? " <span class=\"new\">gone</span>"
                                                 : "";
    row(label.empty() ? "<span class=\"muted\">(empty)</span>" : escape(label), reference[i], y, note);
  }
  if (chart.contains("rest"))
    row(fmt::format("<span class=\"muted\">{} others</span>", count(chart["rest_categories"].get<std::uint64_t>())),
        chart["rest"][0], both ? chart["rest"][1].get<double>() : 0, "");
  return out + "</tbody></table>\n";
}

std::string thumbnail(const Json& chart) {
  if (!chart.is_object()) return {};
  const Bars reference = table::coarser(bars_of(chart, "reference"), 10),
             current = table::coarser(bars_of(chart, "current"), 10);
  if (reference.empty()) return {};
  const double top = highest_bar(reference, current) * 1.05;
  return "<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" aria-hidden=\"true\">" +
         (current.empty() ? overlay({}, reference, top) : overlay(reference, current, top)) + "</svg>";
}

std::string meter(double share) {
  return fmt::format(
      "<svg aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" height=\"6\" rx=\"3\"/><rect class=\"fill\" "
      "width=\"{:.1f}%\" "
      "height=\"6\" rx=\"3\"/></svg>",
      100 * std::clamp(share, 0.0, 1.0));
}

}  // namespace mlops::monitor
