#include "feature/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace mlops::feature {
namespace {

using table::Column;
using table::Kind;

Error at(const View& view, std::string message, std::string hint = {}) {
  return input_error(std::move(message), std::move(hint)).at(view.place.file, view.place.line, view.place.column);
}

std::string column_hint(const std::string& name, const table::Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  const std::string near = nearest(name, names);
  return near.empty() ? "the columns are: " + join(names, ", ").substr(0, 200) : "did you mean \"" + near + "\"?";
}

const Column& need_column(const View& view, const table::Table& table, const std::string& name,
                          const std::string& what) {
  if (const Column* column = table.find(name)) return *column;
  throw at(view, fmt::format("view \"{}\": {} has no column \"{}\" ({})", view.name, view.source.path, name, what),
           column_hint(name, table));
}

bool no_values(const Column& column) { return column.source_type == "null"; }

void check_time(const View& view, const Column& column, const char* what) {
  if (column.kind != Kind::time && column.kind != Kind::text && !no_values(column))
    throw at(view, fmt::format("view \"{}\": the {} \"{}\" of {} holds {}, not times", view.name, what, column.name,
                               view.source.path, to_text(column.kind)));
}

Type key_type(const View& view, const Column& column) {
  switch (column.kind) {
    case Kind::integer:
      return Type::int64;
    case Kind::text:
      return Type::string;
    case Kind::boolean:
      return Type::boolean;
    default:
      throw at(view,
               fmt::format("view \"{}\": the join key \"{}\" of {} holds {}", view.name, column.name, view.source.path,
                           to_text(column.kind)),
               "join keys are integers, texts or bools");
  }
}

void check_key(const View& view, JoinKey& key, const Column& column) {
  if (no_values(column)) {
    if (!key.type)
      throw at(
          view,
          fmt::format("view \"{}\": the join key \"{}\" of {} has no values", view.name, key.name, view.source.path),
          "give its entity a \"type\"");
    return;
  }
  const Type found = key_type(view, column);
  if (key.type && *key.type != found)
    throw at(view, fmt::format("view \"{}\": the join key \"{}\" of {} is {}, its entity says {}", view.name, key.name,
                               view.source.path, to_text(found), to_text(*key.type)));
  key.type = found;
}

std::string type_of(const Column& column) {
  return column.kind == Kind::other ? column.source_type : to_text(column.kind);
}

void check_feature(const View& view, const Feature& feature, const Column& column) {
  if (no_values(column) || fits(column, feature.type)) return;
  throw at(view, fmt::format("view \"{}\": feature \"{}\" is declared {}, {} holds {}", view.name, feature.name,
                             to_text(feature.type), view.source.path, type_of(column)));
}

void infer_features(View& view, const table::Table& table) {
  std::set<std::string> taken{view.source.timestamp, view.source.created};
  for (const auto& key : view.keys) taken.insert(key.name);
  for (const auto& column : table.columns) {
    if (taken.contains(column.name)) continue;
    const auto type = inferred_type(column);
    if (!type || column.name.find(':') != std::string::npos)
      throw at(view,
               fmt::format("view \"{}\": column \"{}\" of {} holds {}, which can't be a feature", view.name,
                           column.name, view.source.path, type_of(column)),
               "declare the \"features\" that the view shall have");
    view.features.push_back({column.name, *type});
  }
  if (view.features.empty())
    throw at(view, fmt::format("view \"{}\": {} has no column that could be a feature", view.name, view.source.path));
}

// Without a file to look at, the definition must say everything.
void check_declared(const View& view) {
  for (const auto& key : view.keys)
    if (!key.type)
      throw at(view, fmt::format("view \"{}\": nothing tells the type of its join key \"{}\"", view.name, key.name),
               "give its entity a \"type\", or the source a \"path\"");
  if (view.features.empty())
    throw at(view, fmt::format("view \"{}\" has neither a file nor \"features\"", view.name),
             "features: {NAME: TYPE}, or a \"path\" in its source");
}

}  // namespace

std::filesystem::path source_file(const std::filesystem::path& root, const View& view) {
  const std::filesystem::path path(view.source.path);
  return path.is_absolute() ? path : root / path;
}

void check_source(View& view, const std::filesystem::path& root) {
  if (view.source.path.empty()) return check_declared(view);
  std::error_code ignored;
  const auto file = source_file(root, view);
  if (!std::filesystem::exists(file, ignored))
    throw at(view, fmt::format("view \"{}\": there is no file \"{}\"", view.name, printable(view.source.path)),
             "a relative path counts from the top of the repository");
  const table::Table table = table::read_schema(*table::open_source(file));
  check_time(view, need_column(view, table, view.source.timestamp, "its timestamp"), "timestamp");
  if (!view.source.created.empty())
    check_time(view, need_column(view, table, view.source.created, "its created"), "created");
  for (auto& key : view.keys) check_key(view, key, need_column(view, table, key.name, "a join key"));
  for (const auto& feature : view.features)
    check_feature(view, feature, need_column(view, table, feature.name, "a feature"));
  if (view.features.empty()) infer_features(view, table);
}

void check_sources(Definitions& definitions, const std::filesystem::path& root) {
  for (auto& [name, view] : definitions.views) check_source(view, root);
  // Views by one entity must mean the same values by its keys.
  std::map<std::string, std::pair<Type, std::string>> types;
  for (const auto& [name, view] : definitions.views)
    for (const auto& key : view.keys) {
      const auto [found, fresh] = types.try_emplace(key.name, *key.type, name);
      if (!fresh && found->second.first != *key.type)
        throw at(view, fmt::format("the join key \"{}\" is {} in view \"{}\" and {} in view \"{}\"", key.name,
                                   to_text(*key.type), name, to_text(found->second.first), found->second.second));
    }
  for (const auto& [name, service] : definitions.services)
    for (const auto& choice : service.choices)
      for (const auto& feature : choice.features)
        if (const View& view = definitions.views.at(choice.view); !view.find(feature)) {
          std::vector<std::string> names;
          for (const auto& known : view.features) names.push_back(known.name);
          const std::string near = nearest(feature, names);
          throw input_error(
              fmt::format("service \"{}\": view \"{}\" has no feature \"{}\"", name, choice.view, feature),
              near.empty() ? "it has: " + join(names, ", ").substr(0, 200) : "did you mean \"" + near + "\"?")
              .at(service.place.file, service.place.line, service.place.column);
        }
}

std::unique_ptr<const Times> times_of(const Column& column, const std::string& file) {
  auto out = std::make_unique<Times>();
  out->kept = column;
  if (column.kind == Kind::time) {
    out->values = out->kept.times();
    out->validity = out->kept.validity();
    return out;
  }
  if (no_values(column)) {
    out->own.assign(column.rows(), 0);
    out->own_validity.assign(column.rows(), 0);
  } else if (column.kind == Kind::text) {
    std::vector<std::optional<Micros>> parsed;
    for (const auto text : column.dictionary()) parsed.push_back(parse_time(text));
    for (std::size_t row = 0; row < column.rows(); ++row) {
      const bool valid = column.valid(row);
      const auto time = valid ? parsed[column.codes()[row]] : std::nullopt;
      if (valid && !time)
        throw input_error(fmt::format("\"{}\", column \"{}\", row {}: \"{}\" is no time", printable(file),
                                      printable(column.name), row + 1, printable(column.text(row).substr(0, 40))),
                          "write 2026-01-03T12:00:30Z");
      out->own.push_back(time.value_or(0));
      out->own_validity.push_back(valid ? 1 : 0);
    }
  } else {
    throw input_error(fmt::format("\"{}\": column \"{}\" holds {}, not times", printable(file), printable(column.name),
                                  to_text(column.kind)),
                      "times are timestamps, dates, or texts like 2026-01-03T12:00:30Z");
  }
  out->values = out->own;
  out->validity = out->own_validity;
  return out;
}

}  // namespace mlops::feature
