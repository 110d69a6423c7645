#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/text.h"

namespace mlops {
namespace {

constexpr int k_depth = 64;
constexpr std::size_t k_nodes = 5'000'000;
// What aliases may unfold to, in bytes of text and 64 for each node: that of a small file, and so much for each byte.
constexpr std::size_t k_unfolded = 8 << 20, k_unfolded_for_each = 64, k_for_each_node = 64;

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string name, std::size_t length)
      : name_(std::move(name)), may_unfold_(k_unfolded + k_unfolded_for_each * length) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) throw error(mark, "a second document begins here (---), and one is read");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(place(mark, YamlNode::Kind::null), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw error(mark, "an alias stands inside the node that it names");
    unfold(mark, weight(found->second));
    add(found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = place(mark, YamlNode::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!node.quoted && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
      node.kind = YamlNode::Kind::null;
    leaf(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(place(mark, YamlNode::Kind::sequence), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(place(mark, YamlNode::Kind::map), anchor);
  }
  void OnMapEnd() override { close(); }

  YamlNode root;

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::vector<YamlNode> parts;
  };

  [[nodiscard]] Error error(const YAML::Mark& mark, const std::string& message) const {
    return input_error(name_ + ": " + message).at(name_, mark.line + 1, mark.column + 1);
  }
  static YamlNode place(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    node.offset = mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    return node;
  }
  static std::size_t weight(const YamlNode& node) {
    std::size_t total = k_for_each_node + node.text.size();
    for (const auto& item : node.items) total += weight(item);
    for (const auto& [key, value] : node.members) total += weight(key) + weight(value);
    return total;
  }
  void unfold(const YAML::Mark& mark, std::size_t weight) {
    unfolded_ += weight;
    if (unfolded_ > may_unfold_) throw error(mark, "the file is too large once its aliases are expanded");
  }
  void leaf(YamlNode node, YAML::anchor_t anchor) {
    if (++nodes_ > k_nodes) throw input_error(name_ + ": the file is too large").at(name_, node.line, node.column);
    if (anchor != 0) anchors_[anchor] = node;
    add(std::move(node));
  }
  void open(YamlNode node, YAML::anchor_t anchor) {
    if (stack_.size() >= k_depth)
      throw input_error(fmt::format("{}: nested deeper than {} levels", name_, k_depth))
          .at(name_, node.line, node.column);
    stack_.push_back({std::move(node), anchor, {}});
  }
  void add(YamlNode node) {
    if (stack_.empty())
      root = std::move(node);
    else
      stack_.back().parts.push_back(std::move(node));
  }
  void close() {
    Open top = std::move(stack_.back());
    stack_.pop_back();
    if (top.node.kind == YamlNode::Kind::sequence)
      top.node.items = std::move(top.parts);
    else
      fill(top.node, top.parts);
    if (top.anchor != 0) anchors_[top.anchor] = top.node;
    add(std::move(top.node));
  }
  void fill(YamlNode& map, std::vector<YamlNode>& parts) const {
    std::set<std::string> seen;
    std::vector<const YamlNode*> merged;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
      YamlNode &key = parts[i], &value = parts[i + 1];
      if (key.is_map() || key.is_sequence())
        throw input_error(name_ + ": a key must be a text").at(name_, key.line, key.column);
      if (key.is_scalar() && !key.quoted && key.text == "<<") {
        if (value.is_map()) merged.push_back(&value);
        for (const auto& item : value.items) merged.push_back(&item);
        continue;
      }
      if (!seen.insert(key.text).second)
        throw input_error(fmt::format("{}: key \"{}\" stands twice", name_, key.text)).at(name_, key.line, key.column);
      map.members.push_back({std::move(key), std::move(value)});
    }
    for (const auto* from : merged)
      for (const auto& member : from->members)
        if (seen.insert(member.first.text).second) map.members.push_back(member);
  }

  std::string name_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0, unfolded_ = 0;
  const std::size_t may_unfold_;
  int documents_ = 0;
};

std::string line_of(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return std::string(text.substr(0, text.find('\n')));
}

template <class Number>
bool whole(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

bool integer(std::string_view text, Json& out) {
  std::int64_t value = 0;
  std::uint64_t large = 0;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    if (!whole(text.substr(2), value, text[1] == 'o' ? 8 : 16)) return false;
    out = value;
    return true;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  if (whole(text, value))
    out = value;
  else if (whole(text, large))
    out = large;
  else
    return false;
  return true;
}

bool floating(std::string_view text, Json& out) {
  const bool negative = text.starts_with('-');
  std::string_view rest = text;
  if (negative || text.starts_with('+')) rest.remove_prefix(1);
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF") {
    out = (negative ? -1 : 1) * std::numeric_limits<double>::infinity();
    return true;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (rest.empty() || rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  if (rest.find_first_of("0123456789") == std::string_view::npos) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{} || end != rest.data() + rest.size()) return false;
  out = negative ? -value : value;
  return true;
}

void emit(std::string& out, const nlohmann::ordered_json& value, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out += pad + yaml_value(key) + ":";
      if (member.is_structured() && !member.empty()) {
        out += "\n";
        emit(out, member, indent + (member.is_object() ? 2 : 0));
      } else {
        out += " " + yaml_value(Json(member)) + "\n";
      }
    }
    return;
  }
  for (const auto& item : value) {
    if (item.is_object() && !item.empty()) {
      std::string block;
      emit(block, item, indent + 2);
      block[static_cast<std::size_t>(indent)] = '-';
      out += block;
    } else {
      out += pad + "- " + yaml_value(Json(item)) + "\n";
    }
  }
}

// The line of git's first mark of a conflict, counted from 1; 0 where there is none.
int conflict_line(std::string_view text) {
  int number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    if (line.starts_with("<<<<<<< ")) return number;
  }
  return 0;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

YamlNode parse_yaml(std::string_view text, const std::string& name) {
  if (!is_utf8(text)) throw input_error(name + " is not UTF-8").at(name);
  std::istringstream stream{std::string(text)};
  Builder builder(name, text.size());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (const int line = conflict_line(text); line > 0)
      throw input_error(name + " has a merge conflict that is not settled yet",
                        "git diff shows it; keep what is right and drop the marks")
          .at(name, line, 1)
          .excerpt(line_of(text, line));
    throw input_error(fmt::format("{} is not valid YAML: {}", name, error.msg))
        .at(name, error.mark.line + 1, error.mark.column + 1)
        .excerpt(line_of(text, error.mark.line + 1));
  }
  return std::move(builder.root);
}

Json yaml_scalar(std::string_view text) {
  Json out;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (integer(text, out) || floating(text, out)) return out;
  return std::string(text);
}

Json to_json(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return nullptr;
    case YamlNode::Kind::scalar:
      return node.quoted ? Json(node.text) : yaml_scalar(node.text);
    case YamlNode::Kind::sequence: {
      Json out = Json::array();
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    default: {
      Json out = Json::object();
      for (const auto& [key, value] : node.members) out[key.text] = to_json(value);
      return out;
    }
  }
}

Error yaml_error(const YamlNode& node, std::string_view file_text, const std::string& name, std::string message,
                 std::string hint) {
  return input_error(std::move(message), std::move(hint))
      .at(name, node.line, node.column)
      .excerpt(line_of(file_text, node.line));
}

std::string yaml_value(const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    static const std::regex k_plain("[A-Za-z0-9_./][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*");
    const bool plain = text.size() < 200 && yaml_scalar(text).is_string() && std::regex_match(text, k_plain);
    return plain ? text : Json(to_utf8(text)).dump();
  }
  if (value.is_number_float()) {
    const std::string text = show_double(value.get<double>());
    if (text == "NaN") return ".nan";
    if (text.ends_with("Infinity")) return text.front() == '-' ? "-.inf" : ".inf";
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const auto& item : value) parts.push_back(yaml_value(item));
    return "[" + join(parts, ", ") + "]";
  }
  if (value.is_object()) {
    std::vector<std::string> parts;
    for (const auto& [key, member] : value.items()) parts.push_back(yaml_value(key) + ": " + yaml_value(member));
    return "{" + join(parts, ", ") + "}";
  }
  return value.dump();
}

std::string to_yaml(const nlohmann::ordered_json& value) {
  std::string out;
  emit(out, value, 0);
  return out;
}

}  // namespace mlops
