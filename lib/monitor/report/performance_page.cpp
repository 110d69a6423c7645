#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "monitor/report/html.h"
#include "monitor/report/pages.h"
#include "monitor/report/svg.h"

namespace mlops::monitor {
namespace {

std::string text(const Json& object, const char* key) { return text_or(object, key); }

std::string state(const Json& judged) {
  const std::string verdict = text(judged, "verdict");
  const char* css = verdict == "violated" ? "state drift" : verdict == "ok" ? "state" : "state warn";
  return fmt::format("<span class=\"{}\">{}{}</span>", css, verdict == "violated" ? "▲ " : "", escape(verdict));
}

// The metric that is judged, else the first of the whole.
std::string main_metric(const Json& result) {
  if (result["limit"].is_object()) return text(result["limit"], "metric");
  return result["metrics"].empty() ? std::string() : result["metrics"].items().begin().key();
}

std::string big_fact(const char* name, const std::string& value, const std::string& note = {}) {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>", name, value,
                     note.empty() ? "" : " <small>" + note + "</small>");
}

std::string head(const Json& result) {
  const auto& from = result["provenance"];
  std::string out = top_bar("mlops monitor performance");
  out += fmt::format("<h1>{}</h1>\n", escape(text(result, "words")));
  out += "<p class=\"muted\">" + escape(text(from["data"], "name")) + "</p>\n";
  if (const auto model = text(from["data"], "model"); !model.empty() && text(result, "verdict") == "violated")
    out += next_command("Next: see what drifted.", "mlops monitor drift " + model);
  out += "<dl class=\"facts\">" + big_fact("Rows", count(result["rows"].get<std::uint64_t>()));
  out += big_fact("Labelled", count(result["labelled"].get<std::uint64_t>()));
  const std::string metric = main_metric(result);
  const bool by_window = result["decided_by"].is_number_unsigned() || result["decided_by"].is_number_integer();
  const Json& deciding = by_window ? result["windows"][result["decided_by"].get<std::size_t>()] : result;
  if (!metric.empty() && deciding["metrics"].contains(metric))
    out +=
        big_fact("Value", figure(deciding["metrics"][metric]), escape(metric + (by_window ? ", deciding window" : "")));
  if (result["limit"].is_object()) out += big_fact("Limit", escape(text(result["limit"], "text")));
  return out + "</dl>\n";
}

std::string windows_chart(const Json& result) {
  const std::string metric = main_metric(result);
  std::vector<double> values;
  for (const auto& window : result["windows"]) {
    const auto value = window["metrics"].find(metric);
    values.push_back(value != window["metrics"].end() && value->is_number() ? value->get<double>() : std::nan(""));
  }
  const double limit = result["limit"].is_object() ? result["limit"]["value"].get<double>() : std::nan("");
  return line_chart(values, limit, metric + " by window") + "<p class=\"note\">" + escape(metric) +
         " upwards, windows from left to right; the dashed line is the limit</p>";
}

std::string window_row(const Json& window, const std::string& metric) {
  const std::string start = window["from"].is_string() ? text(window, "from") : text(window, "first");
  const auto value = window["metrics"].find(metric);
  std::string out = "<tr>" + cell(escape(start.substr(0, 16)), "name");
  out +=
      cell(count(window["rows"].get<std::uint64_t>()), "n") + cell(count(window["labelled"].get<std::uint64_t>()), "n");
  out += cell(value != window["metrics"].end() ? figure(*value) : "—", "n") + cell(state(window));
  const std::string note = window["complete"].get<bool>() ? text(window, "reason") : "not complete yet";
  return out + cell("<span class=\"muted\">" + escape(note) + "</span>", "optional") + "</tr>\n";
}

std::string windows(const Json& result) {
  if (result["windows"].empty()) return {};
  const std::string metric = main_metric(result);
  std::string out = "<h2>By window</h2>\n" + windows_chart(result);
  out += "<table><thead><tr><th>From</th><th class=\"n\">Rows</th><th class=\"n\">Labelled</th><th class=\"n\">" +
         escape(metric) + "</th><th>Verdict</th><th class=\"optional\">Remark</th></tr></thead><tbody>\n";
  for (const auto& window : result["windows"]) out += window_row(window, metric);
  return out + "</tbody></table>\n";
}

std::string metrics(const Json& result) {
  std::string out =
      "<h2>All metrics</h2>\n<table><thead><tr><th>Metric</th><th class=\"n\">Value</th><th>Remark</th></tr></thead>"
      "<tbody>\n";
  for (const auto& [name, value] : result["metrics"].items())
    out += "<tr>" + cell(escape(name), "name") + cell(figure(value), "n") +
           cell("<span class=\"muted\">" + escape(text(result["problems"], name.c_str())) + "</span>") + "</tr>\n";
  return out + "</tbody></table>\n";
}

std::string provenance(const Json& result) {
  const auto& from = result["provenance"];
  std::string out =
      "<h2>Where it comes from</h2>\n<dl class=\"facts-list\">\n" + fact("data", escape(text(from["data"], "name")));
  if (const auto id = text(from["data"], "sha256"); !id.empty()) out += fact("id", "<code>" + escape(id) + "</code>");
  out += fact("task", escape(text(result, "task")) +
                          (result["positive"].is_string() ? ", positive " + escape(text(result, "positive")) : ""));
  if (result["first"].is_string()) out += fact("time", escape(text(result, "first") + " to " + text(result, "last")));
  out += fact("made", escape(text(from, "time") + " by " + text(result, "made_by")));
  if (const auto command = text(from, "command"); !command.empty())
    out += fact("command", "<code>" + escape(command) + "</code>");
  return out +
         "</dl>\n<footer>Conventions are scikit-learn's; rows without a label or an answer are left out. The numbers "
         "of "
         "this page are in it as JSON (script id “data”).</footer>\n";
}

}  // namespace

std::string performance_page(const Json& result) {
  const std::string body = "<div class=\"page\"><header>" + head(result) + "</header>\n<main>" + windows(result) +
                           metrics(result) + provenance(result) + "</main></div>";
  return whole({"Performance: " + text(result, "words"), body, result});
}

}  // namespace mlops::monitor
