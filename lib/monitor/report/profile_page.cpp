#include <algorithm>
#include <cmath>

#include "base/shell_word.h"
#include "base/text.h"
#include "monitor/report/html.h"
#include "monitor/report/pages.h"
#include "monitor/report/svg.h"

namespace mlops::monitor {
namespace {

std::string text(const Json& object, const char* key) { return text_or(object, key); }

double share_of_nulls(const Json& column) {
  const double rows = column["rows"];
  return rows > 0 && column["nulls"].is_number() ? column["nulls"].get<double>() / rows : 0;
}

// What a reader should know before using the column, in words; "" when there is nothing.
std::string remark(const Json& column) {
  const auto rows = column["rows"].get<std::uint64_t>(),
             nulls = column["nulls"].is_null() ? 0 : column["nulls"].get<std::uint64_t>();
  const auto distinct = column["distinct"].get<std::uint64_t>();
  if (rows == nulls) return "no values";
  if (text(column, "kind") == "other") return "not looked at: " + text(column, "source_type");
  if (distinct == 1) return "one value only";
  if (distinct == rows - nulls && rows > 20 && text(column, "kind") != "real") return "every value differs";
  if (share_of_nulls(column) > 0.2) return percent(share_of_nulls(column)) + " nulls";
  if (column["infinite"].get<std::uint64_t>() > 0) return count(column["infinite"].get<std::uint64_t>()) + " infinite";
  return {};
}

std::string middle_of(const Json& column) {
  if (column.contains("quantiles")) return figure(column["quantiles"]["0.5"]);
  if (column.contains("first"))
    return escape(text(column, "first").substr(0, 10)) + " – " + escape(text(column, "last").substr(0, 10));
  if (!column["top"].empty()) return "“" + escape(text(column["top"][0], "value").substr(0, 40)) + "”";
  return "—";
}

std::string table_row(const Json& column, std::size_t index) {
  const std::string name = text(column, "name"), note = remark(column);
  std::string out =
      fmt::format("<tr data-name=\"{}\" data-drift=\"0\" data-detail=\"{}\">", escape(name), anchor(index));
  out += cell(fmt::format("<a href=\"#{}\">{}</a>", anchor(index), name.empty() ? "(no name)" : escape(name)), "name",
              name);
  out += cell(escape(text(column, "kind")), "optional");
  out += cell(percent(share_of_nulls(column)), "n", fmt::format("{}", share_of_nulls(column)));
  out += cell(count(column["distinct"].get<std::uint64_t>()), "n",
              std::to_string(column["distinct"].get<std::uint64_t>()));
  out += cell(middle_of(column), "n optional");
  out +=
      cell(figure(column.value("mean", Json())), "n optional") + cell(figure(column.value("sd", Json())), "n optional");
  out += cell(note.empty() ? "" : "<span class=\"state warn\">" + escape(note) + "</span>", "optional");
  return out + cell(thumbnail(column["chart"]), "thumb") + "</tr>\n";
}

std::string table(const Json& profile) {
  std::string out =
      "<h2 id=\"columns\">Columns</h2>\n<div class=\"tools\"><input id=\"find\" type=\"search\" placeholder=\"Find a "
      "column\" aria-label=\"Find a column\" hidden></div>\n"
      "<table class=\"columns\"><thead><tr><th data-key=\"column\">Column</th><th class=\"optional\" "
      "data-key=\"type\">Type</th>"
      "<th class=\"n\" data-key=\"nulls\">Nulls</th><th class=\"n\" data-key=\"distinct\">Different</th><th "
      "class=\"n optional\">Median, span or most frequent</th>"
      "<th class=\"n optional\">Mean</th><th class=\"n optional\">Sd</th><th class=\"optional\" "
      "data-key=\"remark\">Remark</th><th>Shape</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < profile["columns"].size(); ++i) out += table_row(profile["columns"][i], i);
  return out + "</tbody></table>\n";
}

std::string line(const std::string& name, const std::string& value) {
  return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", name, value);
}

std::string summary(const Json& column) {
  std::string out = "<table><thead><tr><th></th><th class=\"n\">Value</th></tr></thead><tbody>\n";
  if (column.contains("quantiles")) {
    out += line("mean", figure(column["mean"])) + line("sd", figure(column["sd"])) + line("min", figure(column["min"]));
    for (const auto& [key, name] : std::vector<std::pair<const char*, const char*>>{{"0.01", "1 %"},
                                                                                    {"0.05", "5 %"},
                                                                                    {"0.25", "25 %"},
                                                                                    {"0.5", "median"},
                                                                                    {"0.75", "75 %"},
                                                                                    {"0.95", "95 %"},
                                                                                    {"0.99", "99 %"}})
      out += line(name, figure(column["quantiles"][key]));
    out += line("max", figure(column["max"]));
  }
  if (column.contains("first"))
    out += line("first", escape(text(column, "first"))) + line("last", escape(text(column, "last")));
  if (column.contains("length"))
    out += line("length in characters", figure(column["length"]["min"]) + " – " + figure(column["length"]["max"]));
  out += line("rows", count(column["rows"].get<std::uint64_t>())) +
         line("nulls", column["nulls"].is_null() ? "not known" : count(column["nulls"].get<std::uint64_t>()));
  if (column["infinite"].get<std::uint64_t>() > 0)
    out += line("infinite", count(column["infinite"].get<std::uint64_t>()));
  return out + line("different values", count(column["distinct"].get<std::uint64_t>())) + "</tbody></table>\n";
}

std::string frequent(const Json& column) {
  if (column["top"].empty() || !column["chart"].contains("edges")) return {};
  std::string out = "<table><thead><tr><th>Most frequent</th><th class=\"n\">Rows</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(column["top"].size(), 5); ++i)
    out += line(escape(text(column["top"][i], "value")), count(column["top"][i]["rows"].get<std::uint64_t>()));
  return out + "</tbody></table>\n";
}

std::string chart_of(const Json& column) {
  const auto& chart = column["chart"];
  const std::string name = text(column, "name");
  if (!chart.is_object()) return "<p class=\"muted\">" + escape(remark(column)) + "</p>";
  if (chart.contains("labels")) return category_rows(chart, name + ": share of rows by value");
  return histogram(chart, name + ": share of rows by value") + "<p class=\"note\">" + escape(name) +
         " across, share of rows upwards</p>";
}

std::string detail(const Json& column, std::size_t index) {
  std::string out = fmt::format(
      "<details class=\"column\" id=\"{}\"><summary><h3>{}</h3><span class=\"words\">{}{}</span></summary>\n",
      anchor(index), escape(text(column, "name")), escape(text(column, "kind")),
      remark(column).empty() ? "" : " · " + escape(remark(column)));
  return out + "<div class=\"detail\"><div>" + chart_of(column) + frequent(column) + "</div><div>" + summary(column) +
         "</div></div></details>\n";
}

std::string correlations(const Json& profile) {
  if (profile["correlations"].empty()) return {};
  std::string out =
      "<h2>Numbers that go together</h2>\n<table><thead><tr><th>Column</th><th>Column</th><th "
      "class=\"n\">Correlation</th></tr></thead><tbody>\n";
  for (const auto& pair : profile["correlations"]) {
    const double value = pair["value"];
    out += "<tr>" + cell(escape(text(pair, "a")), "name") + cell(escape(text(pair, "b")), "name") +
           cell(fmt::format("<span class=\"meter\">{}<span>{}{:.3f}</span></span>", meter(std::abs(value)),
                            value < 0 ? "−" : "", std::abs(value)),
                "n moved") +
           "</tr>\n";
  }
  return out + fmt::format("</tbody></table>\n<p class=\"muted\">Pearson, from {} rows.</p>\n",
                           count(profile["correlation_rows"].get<std::uint64_t>()));
}

std::string head(const Json& profile) {
  const auto& from = profile["provenance"];
  const auto rows = profile["rows"].get<std::uint64_t>();
  const auto& repeated = profile["repeated_rows"];
  std::size_t remarked = 0;
  for (const auto& column : profile["columns"]) remarked += remark(column).empty() ? 0U : 1U;
  std::string out = top_bar("mlops data profile");
  out += fmt::format("<h1>{} rows, {} columns{}</h1>\n", count(rows), profile["columns"].size(),
                     remarked > 0 ? fmt::format("; {} to look at", remarked) : std::string());
  out += "<p class=\"muted\">" + escape(text(from, "name")) + "</p>\n";
  if (const auto command = text(from, "command"); !command.empty())
    out += next_command("Next: compare what comes in with this table.",
                        "mlops monitor drift --reference " + shell_word(text(from, "name")) + " --current NEW");
  out += "<dl class=\"facts\">";
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"Rows", count(rows)},
           {"Columns", count(profile["columns"].size())},
           {"Repeated rows", repeated.is_null() ? "not counted" : count(repeated.get<std::uint64_t>())}})
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
  return out + "</dl>\n";
}

std::string provenance(const Json& profile) {
  const auto& from = profile["provenance"];
  std::string out =
      "<h2>Where it comes from</h2>\n<dl class=\"facts-list\">\n" + fact("table", escape(text(from, "name")));
  if (const auto id = text(from, "sha256"); !id.empty()) out += fact("id", "<code>" + escape(id) + "</code>");
  if (from.contains("size"))
    out += fact("size", show_size(from["size"].get<std::uint64_t>()) + ", " + escape(text(from, "format")));
  if (const auto time = text(from, "time"); !time.empty())
    out += fact("made", escape(time) + " by " + escape(text(from, "made_by")));
  if (const auto command = text(from, "command"); !command.empty())
    out += fact("command", "<code>" + escape(command) + "</code>");
  return out + "</dl>\n";
}

}  // namespace

std::string profile_page(const Json& profile) {
  std::string details = "<h2>In detail</h2>\n";
  for (std::size_t i = 0; i < profile["columns"].size(); ++i) details += detail(profile["columns"][i], i);
  const std::string body = "<div class=\"page\"><header>" + head(profile) + "</header>\n<main>" + table(profile) +
                           correlations(profile) + details + provenance(profile) + "</main></div>";
  return whole({"Profile: " + text(profile["provenance"], "name"), body, profile});
}

}  // namespace mlops::monitor
