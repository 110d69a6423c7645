#include "pipeline/definition.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/text.h"
#include "pipeline/templates.h"

namespace mlops::pipeline {
namespace {

namespace fs = std::filesystem;

// Reads one file: every complaint names its line.
class Reader {
 public:
  Reader(const std::string& text, const std::string& file, const Json& params) : params_(params) {
    out_.text = text;
    out_.file = file;
  }

  Definition read() {
    const YamlNode root = parse_yaml(out_.text, out_.file);
    if (root.is_null()) return std::move(out_);
    want_map(root, "the file");
    allow(root, {"stages", "vars", "params", "metrics", "plots", "experiment", "gates"}, "at the top of the file");
    context_ = params_.is_object() ? params_ : Json::object();
    if (const auto* vars = root.find("vars")) add_vars(*vars, context_);
    if (const auto* experiment = root.find("experiment")) out_.experiment = text_of(resolve(*experiment), "experiment");
    if (const auto* gates = root.find("gates")) read_gates(resolve(*gates));
    if (const auto* stages = root.find("stages")) read_stages(*stages);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const YamlNode& node, const std::string& message, const std::string& hint = {}) const {
    throw yaml_error(node, out_.text, out_.file, message, hint);
  }
  static Place place(const YamlNode& node) { return {node.line, node.column}; }
  [[nodiscard]] YamlNode resolve(const YamlNode& node) const {
    return resolve_templates(node, context_, out_.text, out_.file);
  }

  void want_map(const YamlNode& node, const std::string& what) const {
    if (!node.is_map()) fail(node, what + " must be a map of keys");
  }
  void allow(const YamlNode& map, const std::vector<std::string>& keys, const std::string& where) const {
    for (const auto& [key, value] : map.members) {
      if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
      const std::string near = nearest(key.text, keys);
      fail(key, fmt::format("key \"{}\" has no meaning {}", key.text, where),
           near.empty() ? "allowed: " + join(keys, ", ") : "did you mean \"" + near + "\"?");
    }
  }
  [[nodiscard]] std::string text_of(const YamlNode& node, const std::string& what) const {
    if (!node.is_scalar() || node.text.empty()) fail(node, fmt::format("\"{}\" must be a text", what));
    return node.text;
  }
  [[nodiscard]] bool flag_of(const YamlNode& node, const std::string& what) const {
    const Json value = to_json(node);
    if (!value.is_boolean()) fail(node, fmt::format("\"{}\" must be true or false", what));
    return value.get<bool>();
  }
  [[nodiscard]] double number_of(const YamlNode& node, const std::string& what) const {
    const Json value = to_json(node);
    if (!value.is_number()) fail(node, fmt::format("\"{}\" must be a number", what));
    return value.get<double>();
  }
  [[nodiscard]] const std::vector<YamlNode>& list_of(const YamlNode& node, const std::string& what) const {
    static const std::vector<YamlNode> k_none;
    if (node.is_null()) return k_none;
    if (!node.is_sequence()) fail(node, fmt::format("\"{}\" must be a list", what));
    return node.items;
  }

  // Maps given in vars join the context; giving a value that exists already is an error.
  void add_vars(const YamlNode& vars, Json& context) const {
    for (const auto& item : list_of(vars, "vars")) {
      if (!item.is_map())
        fail(item, "an item of \"vars\" must be a map here", "files: params.yaml beside this file is always read");
      merge(item, to_json(item), context);
    }
  }
  void merge(const YamlNode& node, const Json& from, Json& into) const {
    for (const auto& [key, value] : from.items()) {
      if (!into.contains(key))
        into[key] = value;
      else if (into[key].is_object() && value.is_object())
        merge(node, value, into[key]);
      else
        fail(node, fmt::format("\"{}\" has a value already", key));
    }
  }

  void read_gates(const YamlNode& node) {
    for (const auto& item : list_of(node, "gates")) {
      want_map(item, "a gate");
      allow(item, {"metric", "min", "max", "beats", "by", "higher_is_better"}, "in a gate");
      out_.gates.push_back(read_gate(item));
    }
  }
  [[nodiscard]] Gate read_gate(const YamlNode& item) const {
    Gate gate;
    gate.place = place(item);
    const auto *metric = item.find("metric"), *min = item.find("min"), *max = item.find("max"),
               *beats = item.find("beats");
    if (metric == nullptr) fail(item, "a gate needs \"metric\"");
    if ((min != nullptr) + (max != nullptr) + (beats != nullptr) != 1)
      fail(item, "a gate needs exactly one of \"min\", \"max\" and \"beats: champion\"");
    gate.metric = text_of(*metric, "metric");
    if (const auto* higher = item.find("higher_is_better"))
      gate.higher_is_better = flag_of(*higher, "higher_is_better");
    if (min != nullptr) gate.limit = number_of(*min, "min");
    if (max != nullptr) {
      gate.kind = Gate::Kind::at_most;
      gate.limit = number_of(*max, "max");
    }
    if (beats != nullptr) {
      if (text_of(*beats, "beats") != "champion") fail(*beats, "\"beats\" can only be \"champion\"");
      gate.kind = Gate::Kind::beats_champion;
      if (const auto* by = item.find("by")) gate.limit = number_of(*by, "by");
    }
    return gate;
  }

  void read_stages(const YamlNode& stages) {
    if (stages.is_null()) return;
    want_map(stages, "\"stages\"");
    for (const auto& [key, value] : stages.members) read_stage(key, value);
  }

  void read_stage(const YamlNode& key, const YamlNode& raw) {
    want_map(raw, fmt::format("stage \"{}\"", key.text));
    if (key.text.empty() || key.text.find('@') != std::string::npos)
      fail(key, fmt::format("\"{}\" can't be a stage's name", key.text));
    allow(raw,
          {"cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "frozen", "always_changed", "desc", "meta",
           "vars"},
          fmt::format("in stage \"{}\"", key.text));
    const Json outer = context_;
    if (const auto* vars = raw.find("vars")) add_vars(*vars, context_);
    const YamlNode node = resolve(raw);
    context_ = outer;
    Stage stage;
    stage.name = key.text;
    stage.place = place(key);
    fill(stage, node, key);
    out_.stages.push_back(std::move(stage));
  }

  void fill(Stage& stage, const YamlNode& node, const YamlNode& key) {
    if (const auto* wdir = node.find("wdir")) stage.wdir = inside(*wdir, "", text_of(*wdir, "wdir"));
    if (stage.wdir == ".") stage.wdir.clear();
    const auto* cmd = node.find("cmd");
    if (cmd == nullptr || cmd->is_null()) fail(key, fmt::format("stage \"{}\" has no \"cmd\"", stage.name));
    if (cmd->is_sequence())
      for (const auto& line : cmd->items) stage.commands.push_back(text_of(line, "cmd"));
    else
      stage.commands.push_back(text_of(*cmd, "cmd"));
    if (stage.commands.empty()) fail(*cmd, fmt::format("stage \"{}\" has no command", stage.name));
    if (const auto* flag = node.find("frozen")) stage.frozen = flag_of(*flag, "frozen");
    if (const auto* flag = node.find("always_changed")) stage.always_changed = flag_of(*flag, "always_changed");
    if (const auto* desc = node.find("desc"); desc != nullptr && desc->is_scalar()) stage.desc = desc->text;
    if (const auto* deps = node.find("deps"))
      for (const auto& item : list_of(*deps, "deps"))
        stage.deps.push_back({inside(item, stage.wdir, text_of(item, "deps")), place(item)});
    if (const auto* params = node.find("params"))
      for (const auto& item : list_of(*params, "params")) read_param(stage, item);
    for (const char* kind : {"outs", "metrics", "plots"})
      if (const auto* outs = node.find(kind))
        for (const auto& item : list_of(*outs, kind)) read_output(stage, item, kind);
  }

  void read_param(Stage& stage, const YamlNode& item) const {
    if (item.is_scalar()) {
      const std::string file = inside(item, stage.wdir, "params.yaml");
      for (auto& use : stage.params)
        if (use.file == file && !use.keys.empty()) return use.keys.push_back(item.text);
      stage.params.push_back({file, {item.text}, place(item)});
      return;
    }
    want_map(item, "an item of \"params\"");
    for (const auto& [file, keys] : item.members) {
      ParameterUse use{inside(file, stage.wdir, file.text), {}, place(file)};
      for (const auto& key : list_of(keys, file.text)) use.keys.push_back(text_of(key, "params"));
      stage.params.push_back(std::move(use));
    }
  }

  void read_output(Stage& stage, const YamlNode& item, const std::string& kind) const {
    Output out;
    out.metric = kind == "metrics";
    out.place = place(item);
    if (item.is_scalar()) {
      out.path = inside(item, stage.wdir, text_of(item, kind));
    } else {
      want_map(item, fmt::format("an item of \"{}\"", kind));
      if (item.members.size() != 1)
        fail(item, fmt::format("an item of \"{}\" is a path, or a map with one path", kind));
      const auto& [path, options] = item.members.front();
      out.path = inside(path, stage.wdir, path.text);
      read_output_options(out, options);
    }
    stage.outs.push_back(std::move(out));
  }

  void read_output_options(Output& out, const YamlNode& options) const {
    if (options.is_null()) return;
    want_map(options, "the options of an output");
    allow(options,
          {"cache", "persist", "desc", "type", "labels", "meta", "push", "remote", "x", "y", "x_label", "y_label",
           "title", "template", "header"},
          "for an output");
    if (const auto* flag = options.find("cache")) out.cache = flag_of(*flag, "cache");
    if (const auto* flag = options.find("persist")) out.persist = flag_of(*flag, "persist");
  }

  // The path below the root, from one that is relative to `base`.
  [[nodiscard]] std::string inside(const YamlNode& node, const std::string& base, const std::string& path) const {
    if (path.empty() || path.front() == '/')
      fail(node, fmt::format("\"{}\" is not a path inside the repository", path),
           "paths are relative to the stage's wdir");
    if (path.find("://") != std::string::npos)
      fail(node, fmt::format("\"{}\": only paths inside the repository can be dependencies or outputs", path));
    std::string normal = (fs::path(base) / path).lexically_normal().generic_string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    if (normal == ".." || normal.starts_with("../"))
      fail(node, fmt::format("\"{}\" leads out of the repository", path));
    if (normal == ".mlops" || normal.starts_with(".mlops/") || normal == ".git" || normal.starts_with(".git/"))
      fail(node, fmt::format("\"{}\" belongs to {}", path, normal.starts_with(".git") ? "git" : "mlops"));
    return normal;
  }

  const Json& params_;
  Json context_ = Json::object();
  Definition out_;
};

std::string line_at(const std::string& text, int line) {
  const auto lines = split(text, '\n');
  return line > 0 && static_cast<std::size_t>(line) <= lines.size() ? lines[static_cast<std::size_t>(line) - 1] : "";
}

void refuse_meeting_outputs(const Definition& definition) {
  std::vector<std::pair<const Stage*, const Output*>> outs;
  for (const auto& stage : definition.stages)
    for (const auto& out : stage.outs) outs.emplace_back(&stage, &out);
  std::sort(outs.begin(), outs.end(),
            [](const auto& a, const auto& b) { return a.second->path + "/" < b.second->path + "/"; });
  for (std::size_t i = 1; i < outs.size(); ++i) {
    const auto& [first, a] = outs[i - 1];
    const auto& [second, b] = outs[i];
    if (!overlaps(a->path, b->path)) continue;
    throw definition_error(
        definition, b->place,
        fmt::format("\"outs\" of stage \"{}\" names {}, which stage \"{}\" writes too{}", second->name, b->path,
                    first->name, a->path == b->path ? "" : " (as " + a->path + ")"),
        fmt::format("give each output to one stage, or make \"{}\" depend on it", second->name));
  }
}

// Depth first from one stage; `path` is the way down, for the message of a cycle.
void visit(const Definition& definition, const Stage& stage, std::set<const Stage*>& done,
           std::vector<const Stage*>& path, std::vector<const Stage*>& out) {
  if (done.contains(&stage)) return;
  if (const auto at = std::find(path.begin(), path.end(), &stage); at != path.end()) {
    std::vector<std::string> names;
    for (auto it = at; it != path.end(); ++it) names.push_back((*it)->name);
    names.push_back(stage.name);
    throw definition_error(definition, stage.place,
                           "the stages depend on each other in a circle: " + join(names, " → "),
                           "take one of these dependencies away");
  }
  path.push_back(&stage);
  for (const Stage* before : upstream(definition, stage)) visit(definition, *before, done, path, out);
  path.pop_back();
  done.insert(&stage);
  out.push_back(&stage);
}

}  // namespace

Definition parse_definition(const std::string& text, const std::string& file, const Json& params) {
  return Reader(text, file, params).read();
}

Error definition_error(const Definition& definition, const Place& place, std::string message, std::string hint) {
  return input_error(std::move(message), std::move(hint))
      .at(definition.file, place.line, place.column)
      .excerpt(line_at(definition.text, place.line));
}

bool overlaps(std::string_view a, std::string_view b) {
  const auto holds = [](std::string_view outer, std::string_view inner) {
    return outer == "." || inner == outer ||
           (inner.starts_with(outer) && inner.size() > outer.size() && inner[outer.size()] == '/');
  };
  return holds(a, b) || holds(b, a);
}

std::vector<const Stage*> upstream(const Definition& definition, const Stage& stage) {
  std::vector<const Stage*> out;
  for (const auto& other : definition.stages) {
    const bool feeds = std::any_of(other.outs.begin(), other.outs.end(), [&](const Output& from) {
      return std::any_of(stage.deps.begin(), stage.deps.end(),
                         [&](const Dependency& to) { return overlaps(from.path, to.path); });
    });
    if (feeds) out.push_back(&other);
  }
  return out;
}

std::vector<const Stage*> order(const Definition& definition) {
  refuse_meeting_outputs(definition);
  std::vector<const Stage*> out, path;
  std::set<const Stage*> done;
  for (const auto& stage : definition.stages) visit(definition, stage, done, path, out);
  return out;
}

std::vector<const Stage*> select(const Definition& definition, const std::vector<std::string>& names) {
  const auto all = order(definition);
  if (names.empty()) return all;
  std::vector<const Stage*> wanted, path;
  std::set<const Stage*> done;
  for (const auto& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Stage* stage) { return stage->name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const auto* stage : all) known.push_back(stage->name);
      const std::string near = nearest(name, known);
      throw input_error(fmt::format("no stage \"{}\" in {}", name, definition.file),
                        near.empty() ? "mlops pipeline show lists them"
                                     : fmt::format("did you mean \"{}\"? (mlops pipeline show lists them)", near));
    }
    visit(definition, **found, done, path, wanted);
  }
  return wanted;
}

}  // namespace mlops::pipeline
