#include "feature/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/yaml.h"

namespace mlops::feature {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 128 && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

// Reads one file: every complaint names its line.
class Reader {
 public:
  Reader(Definitions& out, const std::string& text, const std::string& file) : out_(out), text_(text), file_(file) {}

  void read() {
    const YamlNode root = parse_yaml(text_, file_);
    if (root.is_null()) return;
    want_map(root, "the file");
    allow(root, {"entities", "views", "services"}, "at the top of the file");
    for_each(root, "entities", [&](const auto& key, const auto& value) { read_entity(key, value); });
    for_each(root, "views", [&](const auto& key, const auto& value) { read_view(key, value); });
    for_each(root, "services", [&](const auto& key, const auto& value) { read_service(key, value); });
  }

 private:
  [[noreturn]] void fail(const YamlNode& node, const std::string& message, const std::string& hint = {}) const {
    throw yaml_error(node, text_, file_, message, hint);
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
  template <typename Visit>
  void for_each(const YamlNode& root, const char* key, const Visit& visit) const {
    const YamlNode* map = root.find(key);
    if (map == nullptr || map->is_null()) return;
    want_map(*map, fmt::format("\"{}\"", key));
    for (const auto& [name, value] : map->members) visit(name, value);
  }
  [[nodiscard]] std::string text_of(const YamlNode& node, const std::string& what) const {
    if (!node.is_scalar() || node.text.empty() || !is_utf8(node.text))
      fail(node, fmt::format("{} must be a text", what));
    return node.text;
  }
  // One text or a list of them.
  [[nodiscard]] std::vector<std::string> texts_of(const YamlNode& node, const std::string& what) const {
    if (node.is_scalar()) return {text_of(node, what)};
    if (!node.is_sequence()) fail(node, fmt::format("{} must be a list", what));
    std::vector<std::string> out;
    for (const auto& item : node.items) {
      out.push_back(text_of(item, what));
      if (std::count(out.begin(), out.end(), out.back()) > 1)
        fail(item, fmt::format("\"{}\" stands twice in {}", out.back(), what));
    }
    return out;
  }
  [[nodiscard]] Place place(const YamlNode& node) const { return {file_, node.line, node.column}; }

  std::string name_of(const YamlNode& key, const char* what) const {
    if (!is_name(key.text))
      fail(key, fmt::format("\"{}\" can't be the name of {}", key.text, what), "letters, digits, '_', '-' and '.'");
    return key.text;
  }
  template <typename Map>
  void not_taken(const YamlNode& key, const Map& map, const char* what) const {
    const auto found = map.find(key.text);
    if (found != map.end())
      fail(key, fmt::format("there are two {} \"{}\"", what, key.text),
           fmt::format("the other one stands in {}:{}", found->second.place.file, found->second.place.line));
  }
  [[nodiscard]] Type type_of(const YamlNode& node) const {
    const auto type = parse_type(text_of(node, "a type"));
    if (!type) fail(node, fmt::format("there is no type \"{}\"", node.text), "the types are: " + type_names());
    return *type;
  }

  void read_entity(const YamlNode& key, const YamlNode& value) {
    Entity entity{name_of(key, "an entity"), {}, place(key)};
    not_taken(key, out_.entities, "entities");
    want_map(value, fmt::format("entity \"{}\"", entity.name));
    allow(value, {"join_keys", "type", "description"}, fmt::format("in entity \"{}\"", entity.name));
    const auto* keys = value.find("join_keys");
    if (keys == nullptr || keys->is_null()) fail(key, fmt::format("entity \"{}\" has no \"join_keys\"", entity.name));
    std::optional<Type> type;
    if (const auto* node = value.find("type")) {
      type = type_of(*node);
      if (*type != Type::int64 && *type != Type::int32 && *type != Type::string && *type != Type::boolean)
        fail(*node, fmt::format("a join key can't be a {}", to_text(*type)), "join keys are int64, string or bool");
      if (*type == Type::int32) type = Type::int64;
    }
    for (auto& name : texts_of(*keys, "\"join_keys\"")) entity.keys.push_back({std::move(name), type});
    if (entity.keys.empty()) fail(*keys, fmt::format("entity \"{}\" has no join key", entity.name));
    out_.entities.emplace(entity.name, std::move(entity));
  }

  void read_view(const YamlNode& key, const YamlNode& value) {
    View view;
    view.name = name_of(key, "a view");
    view.place = place(key);
    not_taken(key, out_.views, "views");
    want_map(value, fmt::format("view \"{}\"", view.name));
    allow(value, {"entities", "ttl", "source", "features", "known_at", "description"},
          fmt::format("in view \"{}\"", view.name));
    if (const auto* entities = value.find("entities"); entities != nullptr && !entities->is_null())
      view.entities = texts_of(*entities, "\"entities\"");
    if (const auto* ttl = value.find("ttl"); ttl != nullptr && !ttl->is_null()) view.ttl = ttl_of(*ttl);
    const auto* source = value.find("source");
    if (source == nullptr || source->is_null()) fail(key, fmt::format("view \"{}\" has no \"source\"", view.name));
    view.source = read_source(*source, view.name);
    if (const auto* features = value.find("features"); features != nullptr && !features->is_null())
      read_features(view, *features);
    if (const auto* known = value.find("known_at")) {
      if (text_of(*known, "\"known_at\"") != "created") fail(*known, "\"known_at\" can only be \"created\"");
      if (view.source.created.empty())
        fail(*known, fmt::format("the source of view \"{}\" has no \"created\"", view.name),
             "created: COLUMN in its source");
      view.known_at_created = true;
    }
    out_.views.emplace(view.name, std::move(view));
  }

  [[nodiscard]] Micros ttl_of(const YamlNode& node) const {
    const std::string text = text_of(node, "\"ttl\"");
    if (text == "0") return 0;
    const auto ttl = parse_duration(text);
    if (!ttl) fail(node, fmt::format("\"{}\" is not a duration", text), "write 90s, 5m, 12h or 7d; 0 = never too old");
    return *ttl;
  }

  [[nodiscard]] Source read_source(const YamlNode& node, const std::string& view) const {
    want_map(node, fmt::format("\"source\" of view \"{}\"", view));
    allow(node, {"path", "timestamp", "created", "push"}, fmt::format("in the source of view \"{}\"", view));
    Source source;
    if (const auto* push = node.find("push"); push != nullptr && !push->is_null())
      source.push = name_of(*push, "a push source");
    const auto* path = node.find("path");
    if (path == nullptr && source.push.empty())
      fail(node, fmt::format("the source of view \"{}\" has no \"path\"", view),
           "path: FILE, or push: NAME for what only comes in by pushes");
    if (path != nullptr) source.path = text_of(*path, "\"path\"");
    const auto* timestamp = node.find("timestamp");
    if (timestamp == nullptr)
      fail(node, fmt::format("the source of view \"{}\" has no \"timestamp\"", view),
           "timestamp: COLUMN with the event time");
    source.timestamp = text_of(*timestamp, "\"timestamp\"");
    if (const auto* created = node.find("created"); created != nullptr && !created->is_null())
      source.created = text_of(*created, "\"created\"");
    if (source.created == source.timestamp) fail(node, "\"timestamp\" and \"created\" name one column");
    return source;
  }

  void read_features(View& view, const YamlNode& node) const {
    want_map(node, fmt::format("\"features\" of view \"{}\"", view.name));
    for (const auto& [name, type] : node.members) {
      const std::string text = text_of(name, "the name of a feature");
      if (text.find(':') != std::string::npos)
        fail(name, fmt::format("\"{}\" can't be the name of a feature", text), "no ':' in it");
      view.features.push_back({text, type_of(type)});
    }
  }

  void read_service(const YamlNode& key, const YamlNode& value) {
    Service service{name_of(key, "a service"), {}, place(key)};
    not_taken(key, out_.services, "services");
    if (!value.is_sequence() || value.items.empty())
      fail(value.is_null() ? key : value, fmt::format("service \"{}\" must be a list of views", service.name),
           "[VIEW, \"VIEW:FEATURE\", {view: VIEW, features: […], alias: NAME}]");
    for (const auto& item : value.items) add_choice(service, item);
    out_.services.emplace(service.name, std::move(service));
  }

  void add_choice(Service& service, const YamlNode& item) const {
    Choice choice;
    if (item.is_scalar()) {
      const std::string text = text_of(item, "an item of a service");
      const auto colon = text.find(':');
      choice.view = text.substr(0, colon);
      if (colon == std::string::npos) return service.choices.push_back(std::move(choice));
      // "v:a", "v:b": one view after the other is one choice with two features.
      const std::string feature = text.substr(colon + 1);
      if (!service.choices.empty() && service.choices.back().view == choice.view &&
          service.choices.back().alias.empty() && !service.choices.back().features.empty())
        return service.choices.back().features.push_back(feature);
      choice.features = {feature};
      return service.choices.push_back(std::move(choice));
    }
    want_map(item, fmt::format("an item of service \"{}\"", service.name));
    allow(item, {"view", "features", "alias"}, fmt::format("in service \"{}\"", service.name));
    const auto* view = item.find("view");
    if (view == nullptr) fail(item, "an item of a service needs \"view\"");
    choice.view = text_of(*view, "\"view\"");
    if (const auto* features = item.find("features")) choice.features = texts_of(*features, "\"features\"");
    if (const auto* alias = item.find("alias")) choice.alias = name_of(*alias, "an alias");
    service.choices.push_back(std::move(choice));
  }

  Definitions& out_;
  const std::string& text_;
  const std::string& file_;
};

template <typename Map>
std::string near_name(const std::string& name, const Map& map) {
  std::vector<std::string> names;
  for (const auto& [key, value] : map) names.push_back(key);
  const std::string near = nearest(name, names);
  if (!near.empty()) return "did you mean \"" + near + "\"?";
  return names.empty() ? "there is none" : "there is: " + join(names, ", ").substr(0, 200);
}

Error at(const Place& place, std::string message, std::string hint = {}) {
  return input_error(std::move(message), std::move(hint)).at(place.file, place.line, place.column);
}

void check_columns(const View& view) {
  std::set<std::string> taken{view.source.timestamp, view.source.created};
  for (const auto& key : view.keys)
    if (!taken.insert(key.name).second)
      throw at(view.place, fmt::format("view \"{}\" has two columns \"{}\"", view.name, key.name),
               "each column has one part to play");
  for (const auto& feature : view.features)
    if (!taken.insert(feature.name).second)
      throw at(view.place,
               fmt::format("feature \"{}\" of view \"{}\" is its {} too", feature.name, view.name,
                           feature.name == view.source.timestamp || feature.name == view.source.created ? "time column"
                                                                                                        : "join key"));
}

void link_view(View& view, const Definitions& definitions) {
  view.keys.clear();
  for (const auto& name : view.entities) {
    const auto entity = definitions.entities.find(name);
    if (entity == definitions.entities.end())
      throw at(view.place, fmt::format("view \"{}\" names an entity \"{}\" that there is not", view.name, name),
               near_name(name, definitions.entities));
    view.keys.insert(view.keys.end(), entity->second.keys.begin(), entity->second.keys.end());
  }
  check_columns(view);
}

void check_service(const Service& service, const Definitions& definitions) {
  if (definitions.views.contains(service.name))
    throw at(service.place, fmt::format("\"{}\" is a view and a service", service.name), "give each a name of its own");
  for (const auto& choice : service.choices)
    if (!definitions.views.contains(choice.view))
      throw at(service.place,
               fmt::format("service \"{}\" names a view \"{}\" that there is not", service.name, choice.view),
               near_name(choice.view, definitions.views));
}

Json keys_json(const std::vector<JoinKey>& keys) {
  Json out = Json::array();
  for (const auto& key : keys)
    out.push_back({{"name", key.name}, {"type", key.type ? Json(to_text(*key.type)) : Json()}});
  return out;
}

Type type_in(const Json& json, const std::string& where) {
  const auto type = parse_type(need_text(json, "type", where));
  if (!type) throw state_error(where + " has a type that this mlops does not know", "update mlops");
  return *type;
}

std::vector<std::string> texts_in(const Json& json, const char* key) {
  std::vector<std::string> out;
  for (const Json list = json.value(key, Json::array()); const auto& item : list)
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

}  // namespace

std::optional<std::size_t> View::find(std::string_view feature) const {
  for (std::size_t i = 0; i < features.size(); ++i)
    if (features[i].name == feature) return i;
  return std::nullopt;
}

void add_definitions(Definitions& out, const std::string& text, const std::string& file) {
  Reader(out, text, file).read();
}

void link(Definitions& definitions) {
  for (auto& [name, view] : definitions.views) link_view(view, definitions);
  for (const auto& [name, service] : definitions.services) check_service(service, definitions);
}

Json to_json(const View& view) {
  Json features = Json::array();
  for (const auto& feature : view.features)
    features.push_back({{"name", feature.name}, {"type", to_text(feature.type)}});
  Json source{{"path", view.source.path}, {"timestamp", view.source.timestamp}, {"created", view.source.created}};
  if (!view.source.push.empty()) source["push"] = view.source.push;
  return {{"kind", "view"},
          {"name", view.name},
          {"entities", view.entities},
          {"keys", keys_json(view.keys)},
          {"ttl_us", view.ttl},
          {"source", source},
          {"features", features},
          {"known_at", view.known_at_created ? "created" : "event"}};
}

Json to_json(const Service& service) {
  Json choices = Json::array();
  for (const auto& choice : service.choices)
    choices.push_back({{"view", choice.view}, {"features", choice.features}, {"alias", choice.alias}});
  return {{"kind", "service"}, {"name", service.name}, {"choices", choices}};
}

View view_from_json(const Json& json) {
  View view;
  view.name = need_text(json, "name", "a view's record");
  view.entities = texts_in(json, "entities");
  const std::string where = "the record of view \"" + view.name + "\"";
  for (const auto& key : need(json, "keys", where))
    view.keys.push_back({need_text(key, "name", where), type_in(key, where)});
  view.ttl = integer_or(json, "ttl_us");
  const Json& source = need(json, "source", where);
  view.source = {text_or(source, "path"), need_text(source, "timestamp", where), text_or(source, "created"),
                 text_or(source, "push")};
  for (const auto& feature : need(json, "features", where))
    view.features.push_back({need_text(feature, "name", where), type_in(feature, where)});
  view.known_at_created = text_or(json, "known_at") == "created";
  return view;
}

Service service_from_json(const Json& json) {
  Service service;
  service.name = need_text(json, "name", "a service's record");
  for (const auto& choice : need(json, "choices", "the record of service \"" + service.name + "\""))
    service.choices.push_back({text_or(choice, "view"), texts_in(choice, "features"), text_or(choice, "alias")});
  return service;
}

Id hash_of(const Json& definition) { return sha256(canonical_json(definition)); }

}  // namespace mlops::feature
