#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/history.h"
#include "data/revision.h"
#include "train/runs.h"

namespace mlops {
namespace {

// "created", "churn:3 stage Production", "tag team red".
std::string registry_change(const std::string& name, const Json& change) {
  if (const std::string state = text_or(change, "model"); !state.empty()) return state;
  const auto number = integer_or(change, "number");
  std::string out = number > 0 ? fmt::format("{}:{} ", name, number) : "";
  if (change.contains("renumbered"))
    return fmt::format("{}:{} is {}:{} now", name, integer_or(change, "from"), name, number);
  if (change.contains("stage")) return out + "stage " + text_or(change, "stage");
  if (change.contains("state")) return out + text_or(change, "state");
  if (change.contains("tag"))
    return out + (change.value("value", Json()).is_null() ? "without tag " : "tag ") + text_or(change, "tag") + " " +
           text_or(change, "value");
  if (change.contains("description")) return out + "described";
  return change.dump();
}

// What is told without --type: what people and servers did, not what was merely noted down.
constexpr std::array k_told{"run", "model", "event", "traffic", "labels", "job", "gate", "deployment"};
constexpr std::array k_noted{"experiment", "features", "features-join", "logged-model",
                             "pushes",     "schedule", "stage",         "window"};

struct Options {
  std::string about;
  std::vector<std::string> types;
  std::size_t limit = 30;
};

std::string describe(const meta::Entry& entry) {
  const Json& body = entry.body;
  if (entry.type == "run") {
    const std::string name = text_or(body, "name"), message = text_or(body, "message");
    return fmt::format("run {} {}{}{}", entry.key.substr(0, 12), text_or(body, "status"),
                       name.empty() ? "" : " (" + name + ")", message.empty() ? "" : ": " + message);
  }
  if (entry.type == "model") return fmt::format("model {}:{} registered", entry.key, integer_or(body, "number"));
  if (entry.type == "event") {
    const Json change = body.value("change", Json::object());
    const std::string object = entry.key.substr(entry.key.find(':') + 1);
    if (change.contains("alias"))
      return integer_or(change, "number") > 0
                 ? fmt::format("{}@{} = {}:{}", object, text_or(change, "alias"), object, integer_or(change, "number"))
                 : fmt::format("{}@{} removed", object, text_or(change, "alias"));
    if (entry.key.starts_with("alarm:"))
      return fmt::format("{} {}: {}", object, text_or(change, "state") == "firing" ? "fires" : "is over",
                         text_or(change, "text"));
    return object + " " + (entry.key.starts_with("model:") ? registry_change(object, change) : change.dump());
  }
  if (entry.type == "deployment")
    return text_or(body, "end").empty()
               ? fmt::format("{}:{} served as {} on {}", text_or(body, "model"), integer_or(body, "number"),
                             text_or(body, "asked"), text_or(body, "address"))
               : fmt::format("{}:{} no longer served on {}: {}", text_or(body, "model"), integer_or(body, "number"),
                             text_or(body, "address"), text_or(body, "end"));
  if (entry.type == "traffic")
    return fmt::format("traffic of {}: {} rows", text_or(body, "model"), integer_or(body, "rows"));
  if (entry.type == "job")
    return fmt::format("job {} {} ({})", entry.key, text_or(body, "status"), text_or(body, "trigger"));
  if (entry.type == "gate")
    return fmt::format("gate {} {}",
                       text_or(body, "run_id").empty() ? entry.key : "run " + text_or(body, "run_id").substr(0, 12),
                       body.value("pass", false) ? "passed" : "refused");
  if (entry.type == "labels") return fmt::format("labels of {}: {} rows", entry.key, integer_or(body, "rows"));
  return entry.type + " " + entry.key;
}

bool concerns(const meta::Entry& entry, const std::string& about) {
  if (about.empty()) return true;
  if (entry.type == "deployment") return text_or(entry.body, "model") == about;
  return entry.key == about || entry.key == "model:" + about || entry.key.starts_with(about) ||
         text_or(entry.body, "name") == about || text_or(entry.body, "experiment") == about;
}

// One line of the log.
struct Line {
  Micros time = 0;
  std::string id, author, text;
  Json json;
};

Line line_of(const meta::Entry& entry) {
  const std::string author = text_or(entry.body, "author"), text = describe(entry);
  return {entry.time,
          entry.id.hex(),
          author,
          text,
          {{"record", entry.id.hex()},
           {"type", entry.type},
           {"time", to_utc(entry.time)},
           {"author", author},
           {"text", text}}};
}

Line line_of(Output& out, const std::string& path, const data::PastVersion& version) {
  const std::string what = version.object ? shown_amount(out, *version.object) + " → " + version.object->id.brief()
                                          : "removed",
                    text = path + " " + what + ": " + version.subject;
  return {version.time,
          version.commit,
          version.author,
          text,
          {{"record", Json()},
           {"commit", version.commit},
           {"type", "data"},
           {"time", to_utc(version.time)},
           {"author", to_utf8(version.author)},
           {"text", to_utf8(text)},
           {"id", version.object ? Json(version.object->id.hex()) : Json()}}};
}

// What stands at `inside` in a version, for telling one from the next; the version itself where its lists of files are
// not here.
std::optional<Id> id_inside(data::Repository& repository, const store::ObjectRef& version, const std::string& inside) {
  try {
    const auto entry = data::descend(repository.store(), version, inside);
    return entry ? std::optional(entry->id) : std::nullopt;
  } catch (const Error&) {
    return version.id;
  }
}

// Of the versions of a directory those in which the path in it is another than in the one before, newest first.
std::vector<data::PastVersion> changes_inside(data::Repository& repository, std::vector<data::PastVersion> versions,
                                              const std::string& inside) {
  std::vector<data::PastVersion> out;
  std::optional<Id> before;
  std::reverse(versions.begin(), versions.end());
  for (auto& version : versions) {
    const auto now = version.object ? id_inside(repository, *version.object, inside) : std::nullopt;
    if (now != before) out.push_back(std::move(version));
    before = now;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// What a person typed, relative to the root of the work tree; nothing where it can't be a path of it.
std::optional<std::string> path_of(const data::Repository& repository, const std::string& about) {
  try {
    return about.empty() ? std::nullopt : std::optional(repository.relative(about));
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The versions of a path that is versioned, lies in what is or has such paths in it; also of one that was versioned
// once.
std::vector<Line> versions_of(Context& context, data::Repository& repository, const std::string& about) {
  std::vector<Line> out;
  const auto path = path_of(repository, about);
  if (!path) return out;
  const auto add = [&](const std::string& shown, const std::vector<data::PastVersion>& versions) {
    for (const auto& version : versions) out.push_back(line_of(context.out, shown, version));
  };
  const auto below = data::tracked_below(data::tracked_paths(repository), *path);
  for (const auto& one : below) add(one, data::history_of(repository, one));
  if (!below.empty() || *path == ".") return out;
  const auto above = data::tracked_above(repository, *path);
  if (above)
    add(*path, changes_inside(repository, data::history_of(repository, *above), path->substr(above->size() + 1)));
  else
    add(*path, data::history_of(repository, *path));
  return out;
}

bool is_noted(data::Repository& repository, const std::string& about) {
  return std::any_of(k_noted.begin(), k_noted.end(), [&](const char* type) {
    const auto entries = repository.database().list({.type = type, .key = ""});
    return std::any_of(entries.begin(), entries.end(),
                       [&](const meta::Entry& entry) { return concerns(entry, about); });
  });
}

// Nothing is to be told: of what is known, or because there is no such thing?
void refuse_unknown(data::Repository& repository, const std::string& about) {
  if (about.empty() || is_noted(repository, about)) return;
  const auto path = path_of(repository, about);
  if (path && (*path == "." || data::tracked_above(repository, *path) ||
               !data::tracked_below(data::tracked_paths(repository), *path).empty()))
    return;
  throw input_error("there is no model, experiment, run or versioned path \"" + printable(about) + "\"",
                    "mlops log tells of everything; mlops data ls lists versioned paths, mlops register list models");
}

int log(Context& context, const Options& options) {
  const auto repository = open_repository(context);
  train::settle_dead_runs(*repository);
  std::vector<Line> lines;
  if (options.types.empty()) lines = versions_of(context, *repository, options.about);
  for (const auto& type :
       options.types.empty() ? std::vector<std::string>(k_told.begin(), k_told.end()) : options.types)
    for (const auto& entry :
         repository->database().list({.type = type, .key = "", .limit = options.about.empty() ? options.limit : 0}))
      if (concerns(entry, options.about)) lines.push_back(line_of(entry));
  if (lines.empty() && options.types.empty()) refuse_unknown(*repository, options.about);
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.time > b.time;
  });  // each kind comes with its newest first
  if (options.limit > 0 && lines.size() > options.limit) lines.resize(options.limit);
  if (context.out.json()) {
    Json list = Json::array();
    for (const auto& line : lines) list.push_back(line.json);
    context.out.value(list);
    return k_exit_done;
  }
  Table table{{{"when"}, {"record", false, 2}, {"who", false, 1}, {"what"}}, {}};
  for (const auto& line : lines)
    table.rows.push_back(
        {to_local(line.time, now_micros()), Text(line.id.substr(0, 12), Style::dim), line.author, line.text});
  if (lines.empty())
    context.out.note("nothing happened yet");
  else
    context.out.table(table);
  return k_exit_done;
}

}  // namespace

Run define_log(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("ABOUT", options->about, "a model, an experiment, digits of a run's id, or a versioned path");
  app.add_option("-n,--limit", options->limit, "at most so many, the newest (default 30, 0 = all)")->type_name("N");
  std::vector<std::string> types(k_told.begin(), k_told.end());
  types.insert(types.end(), k_noted.begin(), k_noted.end());
  app.add_option("--type", options->types, "only records of this type; may be given again")
      ->type_name("TYPE")
      ->check(CLI::IsMember(types))
      ->allow_extra_args(false);
  return [options](Context& context) { return log(context, *options); };
}

}  // namespace mlops
