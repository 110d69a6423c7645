#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "train/runs.h"

namespace mlops {
namespace {

// "created", "churn:3 stage Production", "tag team red".
std::string registry_change(const std::string& name, const Json& change) {
  if (const std::string state = text_or(change, "model"); !state.empty()) return state;
  const auto number = integer_or(change, "number");
  std::string out = number > 0 ? fmt::format("{}:{} ", name, number) : "";
  if (change.contains("renumbered")) return fmt::format("{}:{} is {}:{} now", name, integer_or(change, "from"), name, number);
  if (change.contains("stage")) return out + "stage " + text_or(change, "stage");
  if (change.contains("state")) return out + text_or(change, "state");
  if (change.contains("tag")) return out + (change.value("value", Json()).is_null() ? "without tag " : "tag ") + text_or(change, "tag") + " " + text_or(change, "value");
  if (change.contains("description")) return out + "described";
  return change.dump();
}

// What is told without --type: what people and servers did, not what was merely noted down.
constexpr std::array k_told{"run", "model", "event", "traffic", "labels", "job", "gate", "deployment"};
constexpr std::array k_noted{"experiment", "features", "features-join", "logged-model", "pushes", "schedule", "stage", "window"};

struct Options {
  std::string about;
  std::vector<std::string> types;
  std::size_t limit = 30;
};

std::string describe(const meta::Entry& entry) {
  const Json& body = entry.body;
  if (entry.type == "run") {
    const std::string name = text_or(body, "name"), message = text_or(body, "message");
    return fmt::format("run {} {}{}{}", entry.key.substr(0, 12), text_or(body, "status"), name.empty() ? "" : " (" + name + ")", message.empty() ? "" : ": " + message);
  }
  if (entry.type == "model") return fmt::format("model {}:{} registered", entry.key, integer_or(body, "number"));
  if (entry.type == "event") {
    const Json change = body.value("change", Json::object());
    const std::string object = entry.key.substr(entry.key.find(':') + 1);
    if (change.contains("alias"))
      return integer_or(change, "number") > 0 ? fmt::format("{}@{} = {}:{}", object, text_or(change, "alias"), object, integer_or(change, "number"))
                                              : fmt::format("{}@{} removed", object, text_or(change, "alias"));
    if (entry.key.starts_with("alarm:"))
      return fmt::format("{} {}: {}", object, text_or(change, "state") == "firing" ? "fires" : "is over", text_or(change, "text"));
    return object + " " + (entry.key.starts_with("model:") ? registry_change(object, change) : change.dump());
  }
  if (entry.type == "deployment")
    return text_or(body, "end").empty()
               ? fmt::format("{}:{} served as {} on {}", text_or(body, "model"), integer_or(body, "number"), text_or(body, "asked"), text_or(body, "address"))
               : fmt::format("{}:{} no longer served on {}: {}", text_or(body, "model"), integer_or(body, "number"), text_or(body, "address"), text_or(body, "end"));
  if (entry.type == "traffic") return fmt::format("traffic of {}: {} rows", text_or(body, "model"), integer_or(body, "rows"));
  if (entry.type == "job") return fmt::format("job {} {} ({})", entry.key, text_or(body, "status"), text_or(body, "trigger"));
  if (entry.type == "gate") return fmt::format("gate {} {}", text_or(body, "run_id").empty() ? entry.key : "run " + text_or(body, "run_id").substr(0, 12), body.value("pass", false) ? "passed" : "refused");
  if (entry.type == "labels") return fmt::format("labels of {}: {} rows", entry.key, integer_or(body, "rows"));
  return entry.type + " " + entry.key;
}

bool concerns(const meta::Entry& entry, const std::string& about) {
  if (about.empty()) return true;
  if (entry.type == "deployment") return text_or(entry.body, "model") == about;
  return entry.key == about || entry.key == "model:" + about || entry.key.starts_with(about) || text_or(entry.body, "name") == about || text_or(entry.body, "experiment") == about;
}

}  // namespace

Run define_log(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("ABOUT", options->about, "a model, an experiment, or digits of a run's id");
  app.add_option("-n,--limit", options->limit, "at most so many, the newest (default 30, 0 = all)")->type_name("N");
  std::vector<std::string> types(k_told.begin(), k_told.end());
  types.insert(types.end(), k_noted.begin(), k_noted.end());
  app.add_option("--type", options->types, "only records of this type; may be given again")->type_name("TYPE")->check(CLI::IsMember(types))->allow_extra_args(false);
  return [options](Context& context) {
    const auto repository = open_repository(context);
    train::settle_dead_runs(*repository);
    if (options->types.empty()) options->types.assign(k_told.begin(), k_told.end());
    std::vector<meta::Entry> entries;
    for (const auto& type : options->types)
      for (auto& entry : repository->database().list({.type = type, .key = "", .limit = options->about.empty() ? options->limit : 0}))
        if (concerns(entry, options->about)) entries.push_back(std::move(entry));
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return std::tie(a.time, a.id) > std::tie(b.time, b.id); });
    if (options->limit > 0 && entries.size() > options->limit) entries.resize(options->limit);
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& entry : entries) list.push_back({{"record", entry.id.hex()}, {"type", entry.type}, {"time", to_utc(entry.time)}, {"author", text_or(entry.body, "author")}, {"text", describe(entry)}});
      context.out.value(list);
      return k_exit_done;
    }
    Table table{{{"when"}, {"record", false, 2}, {"who", false, 1}, {"what"}}, {}};
    for (const auto& entry : entries)
      table.rows.push_back({to_local(entry.time, now_micros()), Text(entry.id.brief(), Style::dim), text_or(entry.body, "author"), describe(entry)});
    if (entries.empty())
      context.out.note("nothing happened yet");
    else
      context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
