#include "serve/feature_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "feature/catalog.h"
#include "feature/online_lookup.h"
#include "feature/online_store.h"
#include "serve/cell.h"

namespace mlops::serve {
namespace {

using feature::Found;
using feature::Lookup;

std::optional<std::size_t> position(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<std::size_t> key_column(const Frame& frame, const feature::NeededKey& key) {
  if (const auto column = position(frame.columns, key.name)) return column;
  for (const auto& entity : key.entities)
    if (const auto column = position(frame.columns, entity)) return column;
  return std::nullopt;
}

bool has_keys(const Frame& frame, const Lookup& lookup) {
  return std::any_of(lookup.keys().begin(), lookup.keys().end(),
                     [&](const auto& key) { return key_column(frame, key).has_value(); });
}

// A cell of the frame as a part of an entity key, by way of a tensor: that is what frames fill.
std::string key_part(const Frame& frame, std::size_t row, std::size_t column, feature::Type type) {
  const DataType as = type == feature::Type::string    ? DataType::BYTES
                      : type == feature::Type::boolean ? DataType::BOOL
                                                       : DataType::INT64;
  Tensor cell = blank(as, {1});
  frame.put(row, column, cell, 0);
  if (as == DataType::BYTES) return feature::key_part(std::string_view(cell.texts.front()));
  if (as == DataType::BOOL) return feature::key_part(cell.bytes.front() != std::byte{0});
  return feature::key_part(*cell.data<std::int64_t>());
}

feature::EntityRows entities_of(const Frame& frame, const Lookup& lookup, const std::string& service) {
  feature::EntityRows out{frame.rows, {}};
  for (const auto& key : lookup.keys()) {
    const auto column = key_column(frame, key);
    if (!column)
      throw SchemaError(
          fmt::format("the join key '{}' is missing, which feature service '{}' needs", key.name, service));
    auto& parts = out.parts.emplace_back();
    for (std::size_t row = 0; row < frame.rows; ++row) parts.push_back(key_part(frame, row, *column, key.type));
  }
  return out;
}

// "driver_id=1001, customer_id=7"
std::string entity_text(const Lookup& lookup, const feature::EntityRows& entities, std::size_t row) {
  std::string out;
  for (std::size_t i = 0; i < lookup.keys().size(); ++i) {
    out += (i == 0 ? "" : ", ") + lookup.keys()[i].name + '=';
    feature::append_key_json(out, entities.parts[i][row]);
  }
  return out;
}

const char* reason(feature::Status status) {
  if (status == feature::Status::not_found) return "was never written";
  return status == feature::Status::null_value ? "is null" : "is older than its view's ttl";
}

// One looked-up value, owned.
struct Cell {
  feature::Type type = feature::Type::float64;
  feature::Value value;
  std::string text;
};

void put_cell(const Cell& cell, Tensor& tensor, std::size_t at, const std::string& place) {
  switch (cell.type) {
    case feature::Type::float32:
    case feature::Type::float64:
      return put_fraction(tensor, at, cell.value.real, place);
    case feature::Type::boolean:
      return put_boolean(tensor, at, cell.value.integer != 0, place);
    case feature::Type::string:
    case feature::Type::bytes:
      return put_text(tensor, at, cell.text, place);
    case feature::Type::timestamp:
      return put_integer(tensor, at, cell.value.integer / 1'000'000, place);
    default:
      return put_integer(tensor, at, cell.value.integer, place);
  }
}

// What was looked up, row by row, and how its cells get into tensors.
struct Looked {
  std::vector<std::string> names;  // of the features
  std::vector<Cell> cells;         // row by row
  std::vector<std::string> entities;
  Missing missing = Missing::refuse;

  void put(std::size_t row, std::size_t feature, Tensor& tensor, std::size_t at) const {
    const Cell& cell = cells[row * names.size() + feature];
    const std::string place = fmt::format("feature '{}' of {}", names[feature], entities[row]);
    if (!cell.value.null) return put_cell(cell, tensor, at, place);
    const bool real = tensor.type == DataType::FP32 || tensor.type == DataType::FP64;
    if (missing == Missing::refuse || !real) throw input_error(place + " " + cell.text);
    put_fraction(tensor, at, std::numeric_limits<double>::quiet_NaN(), place);
  }
};

std::shared_ptr<Looked> look_up(const Lookup& lookup, feature::OnlineStore& store, const Frame& frame,
                                const std::string& service, const std::vector<std::size_t>& wanted, Missing missing) {
  auto out = std::make_shared<Looked>();
  out->missing = missing;
  for (const auto at : wanted) out->names.push_back(lookup.names()[at]);
  const auto entities = entities_of(frame, lookup, service);
  const auto snapshot = store.read();
  lookup.run(snapshot.get(), entities, now_micros(), [&](std::size_t row, std::span<const Found> found) {
    out->entities.push_back(entity_text(lookup, entities, row));
    for (const auto at : wanted) {
      Cell cell{lookup.features()[at].type, found[at].value, std::string(found[at].value.text)};
      if (found[at].status != feature::Status::present) {
        cell.value.null = true;
        cell.text = reason(found[at].status);
      }
      out->cells.push_back(std::move(cell));
    }
  });
  return out;
}

// The service's features that the inputs take by name and the frame has not.
std::vector<std::size_t> by_name(const Frame& frame, const Lookup& lookup, const Model& model,
                                 const std::vector<std::size_t>& needed) {
  std::vector<std::size_t> out;
  for (const auto input : needed)
    for (const auto& name : model.columns(model.interface.inputs[input]))
      if (const auto at = position(lookup.names(), name); at && !position(frame.columns, name)) out.push_back(*at);
  return out;
}

}  // namespace

FeatureInputs::FeatureInputs(feature::Catalog& catalog, feature::OnlineStore& store, std::string service,
                             Missing missing)
    : catalog_(catalog), store_(store), service_(std::move(service)), missing_(missing) {
  (void)lookup();
}

// Named as in a training set: in full where short names would meet.
std::shared_ptr<const Lookup> FeatureInputs::lookup() const {
  try {
    return catalog_.lookup({service_, {}, false});
  } catch (const feature::NameCollision&) {
    return catalog_.lookup({service_, {}, true});
  }
}

bool FeatureInputs::knows(std::string_view name) const {
  const auto known = lookup();
  if (position(known->names(), name)) return true;
  return std::any_of(known->keys().begin(), known->keys().end(),
                     [&](const auto& key) { return key.name == name || position(key.entities, name).has_value(); });
}

Frame FeatureInputs::complete(const Frame& frame, const Model& model, const std::vector<std::size_t>& needed) const {
  const auto known = lookup();
  if (!has_keys(frame, *known)) return frame;
  const auto& inputs = model.interface.inputs;
  const auto names = inputs.size() == 1 ? model.columns(inputs.front()) : std::vector<std::string>{};
  const bool in_order = inputs.size() == 1 && !model.has_column_names(inputs.front()) &&
                        std::none_of(names.begin(), names.end(), [&](const auto& name) {
                          return position(known->names(), name) || position(frame.columns, name);
                        });
  std::vector<std::size_t> wanted;
  if (in_order) {
    for (std::size_t i = 0; i < known->names().size(); ++i)
      if (!position(frame.columns, known->names()[i])) wanted.push_back(i);
  } else {
    wanted = by_name(frame, *known, model, needed);
  }
  const auto looked = look_up(*known, store_, frame, service_, wanted, missing_);
  Frame out;
  out.rows = frame.rows;
  std::vector<std::size_t> from;  // columns of the frame, then the looked-up ones
  const auto add = [&](const std::string& name, std::size_t source) {
    out.columns.push_back(name);
    from.push_back(source);
  };
  const std::size_t given = frame.columns.size();
  if (in_order) {
    for (const auto& name : known->names()) {
      const auto own = position(frame.columns, name);
      add(name, own ? *own : given + *position(looked->names, name));
    }
  } else {
    for (std::size_t i = 0; i < given; ++i) add(frame.columns[i], i);
    for (std::size_t i = 0; i < looked->names.size(); ++i) add(looked->names[i], given + i);
  }
  out.put = [&frame, looked, from, given](std::size_t row, std::size_t column, Tensor& tensor, std::size_t at) {
    const std::size_t source = from[column];
    source < given ? frame.put(row, source, tensor, at) : looked->put(row, source - given, tensor, at);
  };
  return out;
}

}  // namespace mlops::serve
