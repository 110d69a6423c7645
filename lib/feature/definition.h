// What features/*.yaml declares: entities, views over a source, services that choose from views.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "feature/types.h"

namespace mlops::feature {

// Where something stands in its file, for messages. Line 0: it was read from a record.
struct Place {
  std::string file;
  int line = 0, column = 0;
};

struct JoinKey {
  std::string name;
  std::optional<Type> type;  // int64, string or bool; unset until the source has been looked at
};

struct Entity {
  std::string name;
  std::vector<JoinKey> keys;
  Place place;
};

struct Feature {
  std::string name;
  Type type = Type::float64;
  bool operator==(const Feature&) const = default;
};

struct Source {
  std::string path;       // as written: absolute, or relative to the repository's root; "" = only what is pushed
  std::string timestamp;  // column of the event time
  std::string created;    // column of the time a row was made, "" = none
  std::string push;       // name of the push source, "" = none; several views may share one
};

struct View {
  std::string name;
  std::vector<std::string> entities;
  std::vector<JoinKey> keys;  // those of its entities, in order
  Micros ttl = 0;             // 0 = never too old
  Source source;
  std::vector<Feature> features;  // empty in a file: all columns of the source that nothing else names
  bool known_at_created = false;  // joins see only rows that were made by the entity row's time
  Place place;

  [[nodiscard]] std::optional<std::size_t> find(std::string_view feature) const;  // its position
};

// One view of a service.
struct Choice {
  std::string view;
  std::vector<std::string> features;  // empty = all
  std::string alias;                  // "" = the view's name
};

struct Service {
  std::string name;
  std::vector<Choice> choices;
  Place place;
};

struct Definitions {
  std::map<std::string, Entity> entities;
  std::map<std::string, View> views;
  std::map<std::string, Service> services;
};

// Adds what one file declares. Throws Error(input) with file, line and the line itself: unknown keys, names that are
// none, names that are taken, types that there are not.
void add_definitions(Definitions& out, const std::string& text, const std::string& file);
// Fills the views' keys from their entities, and holds views and services against each other.
void link(Definitions& definitions);

// The canonical definition: what is sealed, and whose hash is its version.
Json to_json(const View& view);
Json to_json(const Service& service);
View view_from_json(const Json& json);
Service service_from_json(const Json& json);
Id hash_of(const Json& definition);

}  // namespace mlops::feature
