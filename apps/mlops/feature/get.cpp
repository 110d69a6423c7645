#include "base/text.h"
#include "commands.h"
#include "feature/online_answer.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> words, entities;
  bool full_names = false;
};

// "driver_id=1001,1002" → column; the same name again goes on with its values.
void add_entity(web::OrderedJson& columns, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw usage_error("\"" + text + "\" is not of the form KEY=VALUE,…", "--entity driver_id=1001,1002");
  auto& column = columns[text.substr(0, equals)];
  if (column.is_null()) column = web::OrderedJson::array();
  for (auto& value : split(text.substr(equals + 1), ',')) column.push_back(std::move(value));
}

// "true" and "false" for a bool key: on a command line everything is text.
void read_bools(web::OrderedJson& columns, const feature::Lookup& lookup) {
  for (const auto& key : lookup.keys()) {
    if (key.type != feature::Type::boolean || !columns.contains(key.name)) continue;
    for (auto& value : columns[key.name])
      if (value == "true" || value == "false") value = value == "true";
  }
}

// A text as it is, everything else as in JSON.
std::string plain(const std::string& json) {
  return json.starts_with('"') ? Json::parse(json).get<std::string>() : json;
}

Text show(const feature::Found& found, feature::Type type) {
  std::string json;
  feature::append_json(json, type, found.value);
  switch (found.status) {
    case feature::Status::present:
      return plain(json);
    case feature::Status::outside_max_age:
      return {plain(json) + " (too old)", Style::dim};
    case feature::Status::null_value:
      return {"null", Style::dim};
    default:
      return {"-", Style::dim};
  }
}

std::vector<Text> row_of(const feature::Lookup& lookup, const feature::Entities& entities, std::size_t row,
                         std::span<const feature::Found> found) {
  std::vector<Text> out;
  for (const auto key : entities.order) {
    std::string json;
    feature::append_key_json(json, entities.rows.parts[key][row]);
    out.emplace_back(plain(json));
  }
  for (std::size_t i = 0; i < found.size(); ++i) out.push_back(show(found[i], lookup.features()[i].type));
  return out;
}

void print(Output& out, const feature::Lookup& lookup, const feature::Entities& entities, feature::OnlineStore* store) {
  Table table;
  for (const auto key : entities.order) table.columns.push_back({lookup.keys()[key].name});
  for (const auto& name : lookup.names()) table.columns.push_back({name, true});
  const auto snapshot = store == nullptr ? nullptr : store->read();
  lookup.run(snapshot.get(), entities.rows, now_micros(), [&](std::size_t row, std::span<const feature::Found> found) {
    table.rows.push_back(row_of(lookup, entities, row, found));
  });
  out.table(table);
}

}  // namespace

Run define_feature_get(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("SERVICE", options->words, "a service, views, or VIEW:FEATURE")->required();
  app.add_option("--entity", options->entities,
                 "the entities to look up: a join key with its values, or the entity's name")
      ->type_name("KEY=VALUE,…");
  app.add_flag("--full-feature-names", options->full_names, "call features VIEW__FEATURE");
  return [options](Context& context) {
    web::OrderedJson columns = web::OrderedJson::object();
    for (const auto& text : options->entities) add_entity(columns, text);
    const auto repository = open_repository(context);
    const auto registry = std::make_shared<const feature::Registry>(feature::load_registry(repository->database()));
    const feature::Lookup lookup(registry, feature::select_words(*registry, options->words), options->full_names);
    if (columns.empty() && lookup.keys().empty()) columns["row"] = web::OrderedJson::array({""});
    read_bools(columns, lookup);
    const auto entities = feature::read_entities(columns, lookup);
    const auto store = feature::OnlineStore::open_if_there(repository->state() / "online");
    if (context.out.json())
      context.out.value(Json::parse(feature::answer_json(lookup, entities, store.get(), now_micros(), false)));
    else
      print(context.out, lookup, entities, store.get());
    return k_exit_done;
  };
}

}  // namespace mlops
