#include "problem/charter.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

namespace mlops::problem {
namespace {

constexpr std::uint64_t k_file_limit = 1 << 20;
constexpr std::array<std::string_view, 7> k_tasks{
    "binary_classification", "multiclass_classification", "regression", "forecasting", "ranking", "clustering",
    "anomaly_detection"};
constexpr std::array<std::string_view, 2> k_directions{"maximize", "minimize"};
constexpr std::array<std::string_view, 6> k_causes{"schedule", "data", "drift", "performance", "quality", "latency"};

template <std::size_t N>
std::vector<std::string> names(const std::array<std::string_view, N>& table) {
  return {table.begin(), table.end()};
}

// Reads one file: every complaint names its line.
class Reader {
 public:
  Reader(const std::string& text, const std::string& file) : text_(text), file_(file) {}

  Charter read() {
    const YamlNode root = parse_yaml(text_, file_);
    if (!root.is_map()) fail(root, "the file must be a map of keys", "mlops problem init writes one to fill in");
    allow(root,
          {"name", "goal", "task", "target", "positive", "prediction", "alias", "sources", "metric", "secondary",
           "latency", "errors", "freshness", "drift", "champion", "retraining"},
          "in the charter");
    read_names(root);
    out_.task = static_cast<Task>(choice(need(root, "task"), "task", k_tasks));
    for (const auto& item : list(root, "sources")) out_.sources.push_back(inside(item));
    out_.metric = metric(need(root, "metric"), true);
    for (const auto& item : list(root, "secondary")) out_.secondary.push_back(metric(item, false));
    if (const auto* node = present(root, "latency")) read_latency(*node);
    if (const auto* node = present(root, "errors")) read_errors(*node);
    if (const auto* node = present(root, "freshness")) read_freshness(*node);
    if (const auto* node = present(root, "drift")) read_drift(*node);
    if (const auto* node = present(root, "champion")) read_champion(*node);
    if (const auto* node = present(root, "retraining")) read_retraining(*node);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const YamlNode& node, const std::string& message, const std::string& hint = {}) const {
    throw yaml_error(node, text_, file_, message, hint);
  }
  void allow(const YamlNode& map, const std::vector<std::string>& keys, const std::string& where) const {
    if (!map.is_map()) fail(map, fmt::format("what stands {} must be a map of keys", where));
    for (const auto& [key, value] : map.members) {
      if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
      const std::string near = nearest(key.text, keys);
      fail(key, fmt::format("key \"{}\" has no meaning {}", printable(key.text), where),
           near.empty() ? "allowed: " + join(keys, ", ") : "did you mean \"" + near + "\"?");
    }
  }
  // A key without a value is as good as none: the template has such.
  static const YamlNode* present(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    return node == nullptr || node->is_null() || (node->is_scalar() && !node->quoted && node->text == "~") ? nullptr
                                                                                                           : node;
  }
  const YamlNode& need(const YamlNode& map, const std::string& key) const {
    const YamlNode* node = present(map, key);
    if (node == nullptr)
      fail(map, fmt::format("the charter needs \"{}\"", key), "mlops problem init --force writes a whole one anew");
    return *node;
  }
  [[nodiscard]] std::string text(const YamlNode& node, const std::string& what) const {
    if (!node.is_scalar()) fail(node, fmt::format("\"{}\" must be a text", what));
    return node.text;
  }
  [[nodiscard]] std::string text_or_nothing(const YamlNode& map, const std::string& key) const {
    const YamlNode* node = present(map, key);
    return node == nullptr ? "" : text(*node, key);
  }
  static const std::vector<YamlNode>& no_nodes() {
    static const std::vector<YamlNode> k_none;
    return k_none;
  }
  [[nodiscard]] const std::vector<YamlNode>& list(const YamlNode& map, const std::string& key) const {
    const YamlNode* node = present(map, key);
    if (node == nullptr) return no_nodes();
    if (!node->is_sequence()) fail(*node, fmt::format("\"{}\" must be a list", key));
    return node->items;
  }
  [[nodiscard]] std::vector<std::string> texts(const YamlNode& map, const std::string& key) const {
    std::vector<std::string> out;
    for (const auto& item : list(map, key)) out.push_back(text(item, key));
    return out;
  }
  [[nodiscard]] double number(const YamlNode& node, const std::string& what) const {
    const Json value = mlops::to_json(node);
    if (!value.is_number() || !std::isfinite(value.get<double>()))
      fail(node, fmt::format("\"{}\" must be a number", what));
    return value.get<double>();
  }
  template <std::size_t N>
  [[nodiscard]] std::size_t choice(const YamlNode& node, const std::string& what,
                                   const std::array<std::string_view, N>& table) const {
    const std::string name = text(node, what);
    const auto* found = std::find(table.begin(), table.end(), name);
    if (found != table.end()) return static_cast<std::size_t>(found - table.begin());
    const std::string near = nearest(name, names(table));
    fail(node, fmt::format("\"{}\" is no {}", printable(name), what),
         near.empty() ? "one of: " + join(names(table), ", ") : "did you mean \"" + near + "\"?");
  }
  [[nodiscard]] Micros duration(const YamlNode& node, const std::string& what) const {
    const auto value = node.is_scalar() ? parse_target(node.text) : std::nullopt;
    if (!value || *value <= 0)
      fail(node, fmt::format("\"{}\" must be a duration", what), "for example 20ms, 90s, 15m, 12h, 7d");
    return *value;
  }
  [[nodiscard]] std::optional<Micros> duration_of(const YamlNode& map, const std::string& key) const {
    const YamlNode* node = present(map, key);
    return node == nullptr ? std::nullopt : std::optional(duration(*node, key));
  }

  void read_names(const YamlNode& root) {
    out_.name = text(need(root, "name"), "name");
    const auto good = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    };
    if (out_.name.empty() || out_.name.size() > 255 || !std::all_of(out_.name.begin(), out_.name.end(), good) ||
        out_.name.front() == '-' || out_.name.front() == '.')
      fail(*root.find("name"), fmt::format("\"{}\" can't be a model's name", printable(out_.name)),
           "letters, digits, - _ and . (not first)");
    out_.goal = std::string(trim(text_or_nothing(root, "goal")));
    out_.target = text_or_nothing(root, "target");
    out_.positive = text_or_nothing(root, "positive");
    out_.prediction = text_or_nothing(root, "prediction");
    if (const YamlNode* alias = present(root, "alias")) out_.alias = text(*alias, "alias");
  }

  // The path below the root.
  [[nodiscard]] std::string inside(const YamlNode& node) const {
    const std::string path = text(node, "sources");
    if (path.empty() || path.front() == '/' || path.find("://") != std::string::npos)
      fail(node, fmt::format("\"{}\" is not a path inside the repository", printable(path)),
           "paths are relative to the repository's root");
    std::string normal = fs::path(path).lexically_normal().generic_string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    if (normal == ".." || normal.starts_with("../"))
      fail(node, fmt::format("\"{}\" leads out of the repository", printable(path)));
    return normal;
  }

  [[nodiscard]] Metric metric(const YamlNode& node, bool primary) const {
    allow(node, {"name", "direction", "threshold"}, "in a metric");
    Metric out;
    out.place = {node.line, node.column};
    const YamlNode *name = present(node, "name"), *direction = present(node, "direction"),
                   *threshold = present(node, "threshold");
    if (name == nullptr || direction == nullptr)
      fail(node, "a metric needs \"name\" and \"direction\"", "{name: auc, direction: maximize, threshold: 0.86}");
    if (primary && threshold == nullptr)
      fail(node, "the primary metric needs a \"threshold\"", "from there on a model is good enough for production");
    out.name = text(*name, "name");
    if (out.name.empty()) fail(*name, "a metric needs a name");
    out.direction = static_cast<Direction>(choice(*direction, "direction", k_directions));
    if (threshold != nullptr) out.threshold = number(*threshold, "threshold");
    return out;
  }

  void read_latency(const YamlNode& node) {
    allow(node, {"p50", "p95", "p99"}, "in \"latency\"");
    out_.latency = {duration_of(node, "p50"), duration_of(node, "p95"), duration_of(node, "p99")};
    std::optional<Micros> before;
    for (const auto& value : {out_.latency.p50, out_.latency.p95, out_.latency.p99}) {
      if (before && value && *value < *before) fail(node, "a higher percentile can't be faster than a lower one");
      if (value) before = value;
    }
  }
  void read_errors(const YamlNode& node) {
    out_.errors = number(node, "errors");
    if (*out_.errors < 0 || *out_.errors >= 1) fail(node, "\"errors\" must be a share from 0 to below 1");
  }
  void read_freshness(const YamlNode& node) {
    if (node.is_scalar()) {
      out_.freshness.data = duration(node, "freshness");
      return;
    }
    allow(node, {"data", "model"}, "in \"freshness\"");
    out_.freshness = {duration_of(node, "data"), duration_of(node, "model")};
  }
  void read_drift(const YamlNode& node) {
    allow(node, {"share", "tests", "minimum_rows"}, "in \"drift\"");
    if (const YamlNode* share = present(node, "share")) {
      out_.drift.share = number(*share, "share");
      if (*out_.drift.share <= 0 || *out_.drift.share > 1) fail(*share, "\"share\" must be above 0 and at most 1");
    }
    out_.drift.tests = texts(node, "tests");
    if (const YamlNode* rows = present(node, "minimum_rows")) {
      const double value = number(*rows, "minimum_rows");
      if (value < 1 || value > 1e12 || value != std::floor(value))
        fail(*rows, "\"minimum_rows\" must be a whole number, at least 1");
      out_.drift.minimum_rows = static_cast<std::size_t>(value);
    }
  }
  void read_champion(const YamlNode& node) {
    if (mlops::to_json(node) == Json(false)) {
      out_.champion.compared = false;
      return;
    }
    allow(node, {"tolerance", "on"}, "in \"champion\"");
    if (const YamlNode* tolerance = present(node, "tolerance"))
      out_.champion.tolerance = number(*tolerance, "tolerance");
    if (out_.champion.tolerance < 0) fail(node, "\"tolerance\" can't be below 0");
    if (const YamlNode* on = present(node, "on")) out_.champion.on = text(*on, "on");
  }
  void read_retraining(const YamlNode& node) {
    allow(node, {"on", "command", "stages", "cron", "zone", "cooldown"}, "in \"retraining\"");
    Retraining& out = out_.retraining;
    out.place = {node.line, node.column};
    for (const auto& item : list(node, "on"))
      out.on.push_back(static_cast<Cause>(choice(item, "cause of a retraining", k_causes)));
    std::sort(out.on.begin(), out.on.end());
    out.on.erase(std::unique(out.on.begin(), out.on.end()), out.on.end());
    if (const YamlNode* command = present(node, "command"); command != nullptr && command->is_scalar())
      fail(*command, "\"command\" must be a list of words: no shell reads it", "[python, retrain.py, --fast]");
    out.command = texts(node, "command");
    out.stages = texts(node, "stages");
    if (!out.command.empty() && !out.stages.empty())
      fail(node, "\"retraining\" has \"command\" or \"stages\", not both");
    if (!out.command.empty() && out.command.front().empty()) fail(node, "the first word of \"command\" is the program");
    out.cron = text_or_nothing(node, "cron");
    out.zone = text_or_nothing(node, "zone");
    if (out.has(Cause::schedule) && out.cron.empty())
      fail(node, "\"on: schedule\" needs \"cron\"", "cron: '0 3 * * 1' is every Monday at three");
    if (!out.has(Cause::schedule) && !out.cron.empty())
      fail(node, "\"cron\" has no meaning without \"schedule\" in \"on\"", "on: [schedule]");
    if (const auto cooldown = duration_of(node, "cooldown")) out.cooldown = *cooldown;
  }

  const std::string& text_;
  const std::string& file_;
  Charter out_;
};

Json optional_json(const std::optional<Micros>& value) { return value ? Json(*value) : Json(); }

Json metric_json(const Metric& metric) {
  return {{"name", metric.name},
          {"direction", to_text(metric.direction)},
          {"threshold", metric.threshold ? Json(*metric.threshold) : Json()}};
}

}  // namespace

std::optional<Micros> parse_target(std::string_view text) {
  const bool micros = text.ends_with("us");
  if (!micros && !text.ends_with("ms")) return parse_duration(text);
  double value = 0;
  const auto* last = text.data() + text.size() - 2;
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || !(value >= 0) || value > 1e12) return std::nullopt;
  return static_cast<Micros>(std::llround(micros ? value : value * 1000));
}

std::string_view to_text(Task task) { return k_tasks.at(static_cast<std::size_t>(task)); }
std::string_view to_text(Direction direction) { return k_directions.at(static_cast<std::size_t>(direction)); }
std::string_view to_text(Cause cause) { return k_causes.at(static_cast<std::size_t>(cause)); }

bool Metric::meets(double value) const {
  if (std::isnan(value)) return false;
  return !threshold || (direction == Direction::maximize ? value >= *threshold : value <= *threshold);
}

std::string Metric::text() const {
  if (!threshold) return name;
  return fmt::format("{} {} {}", name, direction == Direction::maximize ? "≥" : "≤", show_double(*threshold));
}

std::vector<std::string> Retraining::words() const {
  if (!command.empty()) return command;
  std::vector<std::string> out{"mlops", "train", "run"};
  out.insert(out.end(), stages.begin(), stages.end());
  return out;
}

bool Retraining::has(Cause cause) const { return std::find(on.begin(), on.end(), cause) != on.end(); }

bool Charter::supervised() const { return task != Task::clustering && task != Task::anomaly_detection; }

Charter parse_charter(const std::string& text, const std::string& file) { return Reader(text, file).read(); }

std::optional<Charter> find_charter(const data::Repository& repository) {
  const fs::path file = repository.root() / k_charter_file;
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(file, ignored))) return std::nullopt;
  return parse_charter(read_file(file, k_file_limit));
}

Charter read_charter(const data::Repository& repository) {
  auto charter = find_charter(repository);
  if (!charter)
    throw input_error(fmt::format("there is no {} in {}", k_charter_file, repository.root().string()),
                      "mlops problem init writes one to fill in");
  return *std::move(charter);
}

Json to_json(const Charter& charter) {
  Json secondary = Json::array(), on = Json::array();
  for (const auto& metric : charter.secondary) secondary.push_back(metric_json(metric));
  for (const Cause cause : charter.retraining.on) on.push_back(to_text(cause));
  const auto& [share, tests, minimum_rows] = charter.drift;
  const auto& retraining = charter.retraining;
  return {{"name", charter.name},
          {"goal", charter.goal},
          {"task", to_text(charter.task)},
          {"target", charter.target},
          {"positive", charter.positive},
          {"prediction", charter.prediction},
          {"alias", charter.alias},
          {"sources", charter.sources},
          {"metric", metric_json(charter.metric)},
          {"secondary", secondary},
          {"latency",
           {{"p50_us", optional_json(charter.latency.p50)},
            {"p95_us", optional_json(charter.latency.p95)},
            {"p99_us", optional_json(charter.latency.p99)}}},
          {"errors", charter.errors ? Json(*charter.errors) : Json()},
          {"freshness",
           {{"data_us", optional_json(charter.freshness.data)}, {"model_us", optional_json(charter.freshness.model)}}},
          {"drift",
           {{"share", share ? Json(*share) : Json()},
            {"tests", tests},
            {"minimum_rows", minimum_rows ? Json(*minimum_rows) : Json()}}},
          {"champion", charter.champion.compared
                           ? Json{{"tolerance", charter.champion.tolerance}, {"on", charter.champion.on}}
                           : Json(false)},
          {"retraining",
           {{"on", on},
            {"command", retraining.words()},
            {"cron", retraining.cron},
            {"zone", retraining.zone},
            {"cooldown_us", retraining.cooldown}}}};
}

std::string show_target(Micros duration) {
  constexpr Micros k_second = 1'000'000;
  if (duration < 1000) return fmt::format("{} µs", duration);
  if (duration < k_second) return show_double(static_cast<double>(duration) / 1000) + " ms";
  std::vector<std::string> parts;
  Micros rest = duration;
  for (const auto& [unit, name] : std::initializer_list<std::pair<Micros, const char*>>{
           {86400 * k_second, "d"}, {3600 * k_second, "h"}, {60 * k_second, "min"}}) {
    if (rest >= unit) parts.push_back(fmt::format("{} {}", rest / unit, name));
    rest %= unit;
  }
  if (rest > 0) parts.push_back(show_double(static_cast<double>(rest) / k_second) + " s");
  return join(parts, " ");
}

}  // namespace mlops::problem
