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

double number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : std::nan("");
}

std::string state(const Json& column) {
  const std::string verdict = text(column, "verdict");
  if (verdict == "drift") return "<span class=\"state drift\">▲ drift</span>";
  if (verdict == "none") return "<span class=\"state none\">no drift</span>";
  return fmt::format("<span class=\"state {}\">{}</span>", verdict == "not tested" ? "none" : "warn", escape(verdict));
}

std::string side_name(const Json& result, const char* side) {
  const auto& provenance = result["provenance"];
  const std::string name = provenance.contains(side) ? text(provenance[side], "name") : "";
  return name.empty() ? (std::string_view(side) == "reference" ? "reference" : "current data") : name;
}

std::string rows_of(const Json& result, const char* side) { return count(result["rows"][side].get<std::uint64_t>()); }

// "median 23.6 → 33.1 (+0.96 sd)" or what else changed most, in words.
std::string words_of_numbers(const Json& column) {
  const auto& a = column["reference"];
  const auto& b = column["current"];
  if (!a.contains("quantiles") || !b.contains("quantiles")) return {};
  const double before = a["quantiles"]["0.5"], after = b["quantiles"]["0.5"], sd = number(a, "sd");
  std::string out = "median " + figure(before) + " → " + figure(after);
  if (sd > 0 && std::abs(after - before) / sd >= 0.005)
    out += fmt::format(" ({}{:.2f} sd)", after > before ? "+" : "−", std::abs(after - before) / sd);
  return out;
}

std::string listed(const char* word, const Json& categories, std::size_t total) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min<std::size_t>(categories.size(), 3); ++i)
    names.push_back("“" + text(categories[i], "name").substr(0, 60) + "”");
  if (names.empty()) return {};
  return word + join(names, ", ") + (total > names.size() ? fmt::format(" and {} more", total - names.size()) : "");
}

std::string words_of_categories(const Json& column) {
  std::vector<std::string> parts;
  for (const auto& part : {listed("new: ", column["appeared"], column["appeared_count"]),
                           listed("gone: ", column["gone"], column["gone_count"])})
    if (!part.empty()) parts.push_back(part);
  const auto& chart = column["chart"];
  if (parts.empty() && chart.is_object()) {
    std::size_t best = 0;
    const auto move = [&](std::size_t i) {
      return std::abs(chart["current"][i].get<double>() - chart["reference"][i].get<double>());
    };
    for (std::size_t i = 0; i < chart["labels"].size(); ++i)
      if (move(i) > move(best)) best = i;
    parts.push_back("“" + chart["labels"][best].get<std::string>().substr(0, 60) + "” " +
                    percent(chart["reference"][best]) + " → " + percent(chart["current"][best]));
  }
  return join(parts, "; ");
}

std::string words(const Json& column) {
  const std::string reason = text(column, "reason");
  if (column["tests"].empty() || text(column, "verdict") == "not computable") return reason;
  std::string out = text(column, "type") == "numeric" ? words_of_numbers(column) : words_of_categories(column);
  if (!reason.empty()) out += (out.empty() ? "" : " · ") + reason;
  return out;
}

std::string limit_of(const Json& test) {
  if (!test["threshold"].is_number()) return "—";
  return (text(test, "direction") == "p_value" ? "&lt; " : "&gt; ") +
         fmt::format("{:g}", test["threshold"].get<double>());
}

// ---- the head

std::string next_step(const Json& result) {
  const std::string command = text(result["provenance"], "command");
  if (command.empty()) return {};
  if (!result["drift"].get<bool>() || result["settings"]["tests"] == Json::array({"all"}))
    return next_command("To compare again:", command);
  std::string column = text(result["columns"][0], "name");
  if (column.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
      std::string::npos)
    return next_command("To compare again:", command);
  return next_command(
      "Next: every test on the column that moved most — or train again with the new data (mlops pipeline run).",
      command.substr(0, command.find(" --test ")).substr(0, command.find(" --columns ")) + " --columns " + column +
          " --test all");
}

std::string headline(const Json& result) {
  const auto drifted = result["drifted"].get<std::size_t>(), tested = result["tested"].get<std::size_t>();
  std::vector<std::string> names;
  for (const auto& column : result["columns"])
    if (column["drift"].get<bool>() && names.size() < 3) names.push_back(text(column, "name"));
  std::string out = drifted == 0 ? fmt::format("None of {} tested features drifts", tested)
                                 : fmt::format("{} of {} features {}; most: {}", drifted, tested,
                                               drifted == 1 ? "drifts" : "drift", join(names, ", "));
  if (tested == 0) out = "No feature could be judged";
  return out;
}

std::string small_fact(const char* name, const std::string& value, const std::string& note = {}) {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>", name, value,
                     note.empty() ? "" : " <small>" + note + "</small>");
}

std::string facts(const Json& result) {
  std::size_t untested = 0, unclear = 0;
  for (const auto& column : result["columns"]) {
    const std::string verdict = text(column, "verdict");
    untested += verdict == "not tested" ? 1U : 0U;
    unclear += verdict == "too few" || verdict == "not computable" ? 1U : 0U;
  }
  std::string out = "<dl class=\"facts\">";
  out += small_fact("Drifted", std::to_string(result["drifted"].get<std::size_t>()),
                    fmt::format("of {}", result["tested"].get<std::size_t>()));
  out +=
      small_fact("Share", percent(result["share"]),
                 result["dataset_drift"].get<bool>() ? "the data set drifts"
                                                     : "data set drifts from " + percent(result["settings"]["share"]));
  if (unclear > 0) out += small_fact("Without verdict", std::to_string(unclear));
  if (untested > 0) out += small_fact("Not tested", std::to_string(untested));
  out += small_fact("Reference rows", rows_of(result, "reference"));
  out += small_fact("Current rows", rows_of(result, "current"));
  return out + "</dl>\n";
}

std::string head(const Json& result) {
  std::string out = top_bar("mlops monitor drift");
  out += fmt::format("<h1>{}</h1>\n", escape(headline(result)));
  out += fmt::format("<p class=\"muted\">{} compared with the reference {}</p>\n", escape(side_name(result, "current")),
                     escape(side_name(result, "reference")));
  return out + next_step(result) + facts(result);
}

// ---- the table of all columns

std::string table_row(const Json& column, std::size_t index) {
  const bool tested = !column["tests"].empty() && column["value"].is_number();
  const double effect = tested ? number(column, "effect") : std::nan("");
  const std::string name = text(column, "name");
  std::string out = fmt::format("<tr data-name=\"{}\" data-drift=\"{}\" data-detail=\"{}\">", escape(name),
                                column["drift"].get<bool>() ? 1 : 0, anchor(index));
  out += cell(fmt::format("<a href=\"#{}\">{}</a>", anchor(index), name.empty() ? "(no name)" : escape(name)), "name",
              name);
  out += cell(escape(text(column, "type")), "optional");
  out += cell(state(column), {}, text(column, "verdict"));
  out +=
      cell(tested ? fmt::format("<span class=\"meter\">{}<span>{}</span></span>", meter(effect), percent(effect)) : "—",
           "n moved", tested ? fmt::format("{}", effect) : std::string());
  out += cell(tested ? escape(text(column, "test")) : "—", "optional");
  out += cell(test_value(column["value"]), "n optional",
              tested ? fmt::format("{}", number(column, "value")) : std::string());
  out += cell(tested ? limit_of(column["tests"][0]) : "—", "n optional",
              tested ? fmt::format("{}", number(column, "threshold")) : std::string());
  out += cell(thumbnail(column["chart"]), "thumb");
  return out + "</tr>\n";
}

std::string table(const Json& result) {
  std::string out =
      "<h2 id=\"columns\">Columns, most changed first</h2>\n<div class=\"tools\">"
      "<input id=\"find\" type=\"search\" placeholder=\"Find a column\" aria-label=\"Find a column\" hidden>"
      "<button id=\"only-drift\" type=\"button\" aria-pressed=\"false\" hidden>Only drifted</button>"
      "<span class=\"legend\"><span class=\"r\"><i></i>reference</span><span "
      "class=\"c\"><i></i>current</span></span></div>\n"
      "<table class=\"columns\"><thead><tr><th data-key=\"feature\">Feature</th><th class=\"optional\" "
      "data-key=\"type\">Type</th>"
      "<th data-key=\"drift\">Drift</th><th class=\"n\" data-key=\"moved\">Rows moved</th><th class=\"optional\" "
      "data-key=\"test\">Test</th>"
      "<th class=\"n optional\" data-key=\"value\">Value</th><th class=\"n optional\" data-key=\"limit\">Drift "
      "if</th><th>Shape</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < result["columns"].size(); ++i) out += table_row(result["columns"][i], i);
  return out + "</tbody></table>\n";
}

// ---- one column in detail

std::string change(double before, double after) {
  if (!std::isfinite(before) || !std::isfinite(after)) return "—";
  const double difference = after - before;
  return difference == 0 ? "0" : (difference > 0 ? "+" : "−") + figure(std::abs(difference));
}

std::string line(const std::string& name, const std::string& before, const std::string& after,
                 const std::string& difference) {
  return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                     name, before, after, difference);
}

std::string number_line(const std::string& name, const Json& before, const Json& after) {
  const auto value = [](const Json& json) { return json.is_number() ? json.get<double>() : std::nan(""); };
  return line(name, figure(before), figure(after), change(value(before), value(after)));
}

std::string share_line(const char* name, const Json& column, const char* key) {
  const auto share = [&](const char* side) {
    const double rows = number(column[side], "rows");
    return rows > 0 ? number(column[side], key) / rows : 0;
  };
  const double x = share("reference"), y = share("current");
  return line(name, percent(x), percent(y), x == y ? "0" : (y > x ? "+" : "−") + percent(std::abs(y - x)));
}

std::string quantile_lines(const Json& column) {
  const auto& a = column["reference"];
  const auto& b = column["current"];
  if (!a.contains("quantiles") || !b.contains("quantiles")) return {};
  static const std::vector<std::pair<const char*, const char*>> k_names{
      {"0.01", "1 %"},  {"0.05", "5 %"},  {"0.25", "25 %"}, {"0.5", "median"},
      {"0.75", "75 %"}, {"0.95", "95 %"}, {"0.99", "99 %"}};
  std::string out = number_line("mean", a["mean"], b["mean"]) + number_line("sd", a["sd"], b["sd"]) +
                    number_line("min", a["min"], b["min"]);
  for (const auto& [key, name] : k_names) out += number_line(name, a["quantiles"][key], b["quantiles"][key]);
  return out + number_line("max", a["max"], b["max"]);
}

std::string summary_table(const Json& column) {
  const auto& a = column["reference"];
  const auto& b = column["current"];
  std::string out =
      "<table><thead><tr><th></th><th class=\"n\">Reference</th><th class=\"n\">Current</th><th "
      "class=\"n\">Change</th></tr></thead><tbody>\n";
  out += quantile_lines(column) + share_line("nulls", column, "nulls");
  if (number(a, "infinite") + number(b, "infinite") > 0) out += share_line("infinite", column, "infinite");
  if (number(a, "distinct") + number(b, "distinct") > 0)
    out += number_line("different values", a["distinct"], b["distinct"]);
  if (a.contains("first") && b.contains("first")) {
    out += line("first", escape(text(a, "first").substr(0, 16)), escape(text(b, "first").substr(0, 16)), "");
    out += line("last", escape(text(a, "last").substr(0, 16)), escape(text(b, "last").substr(0, 16)), "");
  }
  return out + "</tbody></table>\n";
}

std::string tests_table(const Json& column) {
  if (column["tests"].empty()) return {};
  std::string out =
      "<table><thead><tr><th>Test</th><th class=\"n\">Value</th><th class=\"n\">Drift "
      "if</th><th>Drift</th></tr></thead><tbody>\n";
  for (const auto& test : column["tests"]) {
    const std::string problem = text(test, "problem");
    out += "<tr>" + cell(escape(text(test, "title"))) + cell(test_value(test["value"]), "n") +
           cell(limit_of(test), "n") +
           cell(!problem.empty()            ? "<span class=\"muted\">" + escape(problem) + "</span>"
                : test["drift"].get<bool>() ? "▲ yes"
                                            : "no") +
           "</tr>\n";
  }
  out += "<tr>" + cell("rows moved") + cell(percent(number(column, "effect")), "n") + cell("", "n") +
         cell("<span class=\"muted\">by chance alone " + percent(number(column, "chance")) + "</span>") + "</tr>\n";
  return out + "</tbody></table>\n";
}

std::string outside_note(const Json& chart) {
  if (!chart.contains("outside")) return {};
  const auto beyond = [&](const char* side) {
    return chart["outside"][side][0].get<double>() + chart["outside"][side][1].get<double>();
  };
  const double x = beyond("reference"), y = beyond("current");
  if (x + y == 0) return {};
  return fmt::format(
      "<p class=\"note\">Not drawn: the tails beyond, {} of the reference and {} of the current values.</p>",
      percent(x), percent(y));
}

std::string chart_of(const Json& column) {
  const auto& chart = column["chart"];
  const std::string name = text(column, "name");
  if (!chart.is_object()) return "<p class=\"muted\">" + escape(text(column, "reason")) + "</p>";
  if (chart.contains("labels")) return category_rows(chart, name + ": share of rows by value, reference and current");
  return histogram(chart, name + ": share of rows by value, reference and current") + "<p class=\"note\">" +
         escape(name) + " across, share of rows upwards</p>" + outside_note(chart);
}

std::string detail(const Json& column, std::size_t index) {
  std::string out = fmt::format(
      "<details class=\"column\" id=\"{}\"{}><summary><h3>{}</h3>{}<span class=\"words\">{}</span></summary>\n",
      anchor(index), column["drift"].get<bool>() ? " open" : "", escape(text(column, "name")), state(column),
      escape(words(column)));
  return out + "<div class=\"detail\"><div>" + chart_of(column) + "</div><div>" + tests_table(column) +
         summary_table(column) + "</div></div></details>\n";
}

std::string details(const Json& result) {
  std::string out = "<h2>In detail</h2>\n";
  for (std::size_t i = 0; i < result["columns"].size(); ++i) out += detail(result["columns"][i], i);
  return out;
}

// ---- where it comes from

std::string side_facts(const Json& side) {
  std::vector<std::string> parts;
  if (const auto id = text(side, "sha256"); !id.empty()) parts.push_back("<code>" + escape(id) + "</code>");
  if (const auto model = text(side, "model"); !model.empty()) parts.push_back("training data of " + escape(model));
  if (const auto version = text(side, "version"); !version.empty())
    parts.push_back("model version <code>" + escape(version) + "</code>");
  if (const auto from = text(side, "from"); !from.empty())
    parts.push_back(escape(from) + " to " + escape(text(side, "to")));
  if (side.contains("size")) parts.push_back(show_size(side["size"].get<std::uint64_t>()));
  if (const auto format = text(side, "format"); !format.empty()) parts.push_back(escape(format));
  if (side.contains("rows")) parts.push_back(count(side["rows"].get<std::uint64_t>()) + " rows");
  return escape(text(side, "name")) + "<br>" + join(parts, " · ");
}

std::string time_spans(const Json& result) {
  std::string out;
  for (const auto& column : result["columns"])
    for (const char* side : {"reference", "current"})
      if (column[side].contains("first"))
        out += fact(text(column, "name") + ", " + side,
                    escape(text(column[side], "first")) + " to " + escape(text(column[side], "last")));
  return out;
}

std::string name_list(const Json& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(escape(name.get<std::string>()));
  return join(out, ", ");
}

std::string settings_text(const Json& settings) {
  std::vector<std::string> parts;
  parts.push_back("tests " + (settings["tests"].empty() ? "by default for each column" : name_list(settings["tests"])));
  parts.push_back("limits " + (settings["threshold"].is_number() ? figure(settings["threshold"])
                                                                 : std::string("by default for each test")));
  for (const auto& [test, limit] : settings["thresholds"].items()) parts.push_back(escape(test) + " " + figure(limit));
  parts.push_back("at least " + figure(settings["minimum_rows"]) + " values a side");
  parts.push_back("least effect " + percent(settings["minimum_effect"]));
  parts.push_back("correction " + escape(text(settings, "correction")));
  return join(parts, "; ");
}

std::string provenance(const Json& result) {
  const auto& from = result["provenance"];
  std::string out = "<h2>Where it comes from</h2>\n<dl class=\"facts-list\">\n";
  for (const char* side : {"reference", "current"})
    if (from.contains(side)) out += fact(side, side_facts(from[side]));
  if (const auto time = text(from, "time"); !time.empty())
    out += fact("made", escape(time) + " by " + escape(text(result, "made_by")));
  out += time_spans(result) + fact("settings", settings_text(result["settings"]));
  if (!result["only_in_reference"].empty())
    out += fact("only in the reference", name_list(result["only_in_reference"]));
  if (!result["only_in_current"].empty()) out += fact("only in the current data", name_list(result["only_in_current"]));
  if (const auto command = text(from, "command"); !command.empty())
    out += fact("command", "<code>" + escape(command) + "</code>");
  return out +
         "</dl>\n<footer>Rows moved: numbers, the greatest difference of the two distribution functions; categories, "
         "half the sum of "
         "differences of shares. Definitions of the tests: mlops monitor drift -h. The numbers of this page are in it "
         "as JSON (script id “data”).</footer>\n";
}

}  // namespace

std::string drift_page(const Json& result) {
  const std::string body = "<div class=\"page\"><header>" + head(result) + "</header>\n<main>" + table(result) +
                           details(result) + provenance(result) + "</main></div>";
  return whole({"Drift: " + headline(result), body, result});
}

}  // namespace mlops::monitor
