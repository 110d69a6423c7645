#include "feature/online_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t k_longest_key = 400;  // longer ones stand as their hash
constexpr char k_hashed = 0, k_integer = 1, k_text = 2, k_boolean = 3;

template <typename T>
void append_raw(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Error damaged() {
  return state_error("a row of the online store is damaged",
                     "move .mlops/online away; mlops feature materialize makes it anew from the sources");
}

template <typename T>
T take_raw(std::string_view& rest) {
  if (rest.size() < sizeof(T)) throw damaged();
  T value;
  std::memcpy(&value, rest.data(), sizeof value);
  rest.remove_prefix(sizeof value);
  return value;
}

std::string_view take_bytes(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) throw damaged();
  const auto out = rest.substr(0, count);
  rest.remove_prefix(count);
  return out;
}

void append_value(std::string& out, Type type, const Value& value) {
  switch (type) {
    case Type::int32:
      return append_raw(out, static_cast<std::int32_t>(value.integer));
    case Type::int64:
    case Type::timestamp:
      return append_raw(out, value.integer);
    case Type::float32:
      return append_raw(out, static_cast<float>(value.real));
    case Type::float64:
      return append_raw(out, value.real);
    case Type::boolean:
      return out.push_back(value.integer != 0 ? 1 : 0);
    case Type::string:
    case Type::bytes:
      append_raw(out, static_cast<std::uint32_t>(value.text.size()));
      out += value.text;
  }
}

Value take_value(std::string_view& rest, Type type) {
  Value out;
  out.null = false;
  switch (type) {
    case Type::int32:
      out.integer = take_raw<std::int32_t>(rest);
      break;
    case Type::int64:
    case Type::timestamp:
      out.integer = take_raw<std::int64_t>(rest);
      break;
    case Type::float32:
      out.real = static_cast<double>(take_raw<float>(rest));
      break;
    case Type::float64:
      out.real = take_raw<double>(rest);
      break;
    case Type::boolean:
      out.integer = take_raw<std::uint8_t>(rest);
      break;
    case Type::string:
    case Type::bytes:
      out.text = take_bytes(rest, take_raw<std::uint32_t>(rest));
      break;
  }
  return out;
}

void append_block(std::string& out, const Block& block) {
  append_raw(out, block.view);
  append_raw(out, block.layout);
  append_raw(out, block.event);
  append_raw(out, block.created);
  append_raw(out, static_cast<std::uint32_t>(block.values.size()));
  out += block.values;
}

std::string layout_text(const std::vector<Feature>& features) {
  Json list = Json::array();
  for (const auto& feature : features) list.push_back({{"name", feature.name}, {"type", to_text(feature.type)}});
  return canonical_json(list);
}

std::string layout_key(std::uint64_t tag) {
  std::string key = "layout/";
  append_raw(key, tag);
  return key;
}

[[noreturn]] void no_key(const std::string& place, const web::OrderedJson& json, Type type) {
  throw input_error(fmt::format("{}: {} is no {}", place, quoted(json), to_text(type)));
}

std::int64_t integer_key(const web::OrderedJson& json, bool lenient, const std::string& place) {
  if (lenient && json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
      throw input_error(fmt::format("{}: {} is out of range for int64", place, quoted(json)));
    if (error != std::errc() || end != text.data() + text.size()) no_key(place, json, Type::int64);
    return value;
  }
  std::deque<std::string> none;
  return value_of(json, Type::int64, place, none).integer;
}

}  // namespace

std::uint64_t tag_of(std::string_view text) {
  const Id id = sha256(text);
  std::uint64_t tag = 0;
  std::memcpy(&tag, id.bytes.data(), sizeof tag);
  return tag;
}

std::string key_part(std::int64_t value) {
  std::string out(1, k_integer);
  append_raw(out, value);
  return out;
}

std::string key_part(bool value) { return {k_boolean, value ? '\1' : '\0'}; }

std::string key_part(std::string_view text) {
  std::string out(1, k_text);
  append_raw(out, static_cast<std::uint32_t>(text.size()));
  return out += text;
}

std::string key_part(const table::Column& column, std::size_t row) {
  if (!column.valid(row)) return "";
  switch (column.kind) {
    case table::Kind::integer:
      return key_part(column.integers()[row]);
    case table::Kind::boolean:
      return key_part(column.booleans()[row] != 0);
    case table::Kind::text:
      return key_part(column.text(row));
    case table::Kind::real: {
      const double value = column.reals()[row];
      if (!(std::abs(value) < 0x1p63) || std::trunc(value) != value) return "";
      return key_part(static_cast<std::int64_t>(value));
    }
    default:
      return "";
  }
}

std::string key_part(const web::OrderedJson& json, Type type, bool lenient, const std::string& place) {
  if (json.is_null()) throw input_error(place + ": a join key can't be null");
  switch (type) {
    case Type::string:
      if (json.is_string()) return key_part(std::string_view(json.get_ref<const std::string&>()));
      if (lenient && json.is_number_integer()) return key_part(std::string_view(json.dump()));
      no_key(place, json, type);
    case Type::boolean:
      if (!json.is_boolean()) no_key(place, json, type);
      return key_part(json.get<bool>());
    default:
      return key_part(integer_key(json, lenient, place));
  }
}

void append_key_json(std::string& out, std::string_view part) {
  const char kind = part.empty() ? k_hashed : part.front();
  part.remove_prefix(part.empty() ? 0 : 1);
  if (kind == k_integer)
    fmt::format_to(std::back_inserter(out), "{}", take_raw<std::int64_t>(part));
  else if (kind == k_boolean)
    out += take_raw<std::uint8_t>(part) != 0 ? "true" : "false";
  else if (kind == k_text)
    web::append_text(out, take_bytes(part, take_raw<std::uint32_t>(part)));
  else
    out += "null";
}

KeySet::KeySet(const std::vector<JoinKey>& keys) : order_(keys.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return keys[a].name < keys[b].name; });
  std::string names;
  for (const auto at : order_) names += keys[at].name + '\n';
  tag_ = tag_of(names);
}

std::string KeySet::key(std::span<const std::string_view> parts) const {
  std::string out;
  append_raw(out, tag_);
  for (const auto part : parts) out += part;
  if (out.size() <= k_longest_key) return out;
  const Id id = sha256(out);
  out.resize(sizeof tag_);
  out.push_back(k_hashed);
  return out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

Layout::Layout(std::vector<Feature> list) : features(std::move(list)) { tag = tag_of(layout_text(features)); }

std::string no_values_yet(std::size_t features) { return std::string((features + 7) / 8, '\0'); }

void add_value(std::string& values, std::size_t feature, Type type, const Value& value) {
  if (value.null) return;
  values[feature / 8] = static_cast<char>(values[feature / 8] | 1 << feature % 8);
  append_value(values, type, value);
}

std::string encode_values(std::span<const Feature> features, std::span<const Value> values) {
  std::string out = no_values_yet(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) add_value(out, i, features[i].type, values[i]);
  return out;
}

void decode_values(std::string_view bytes, std::span<const Feature> features, std::vector<Value>& out) {
  const std::string_view present = take_bytes(bytes, (features.size() + 7) / 8);
  out.assign(features.size(), Value{});
  for (std::size_t i = 0; i < features.size(); ++i)
    if ((present[i / 8] >> i % 8 & 1) != 0) out[i] = take_value(bytes, features[i].type);
  if (!bytes.empty()) throw damaged();
}

bool next_block(std::string_view& rest, Block& out) {
  if (rest.empty()) return false;
  out.view = take_raw<std::uint64_t>(rest);
  out.layout = take_raw<std::uint64_t>(rest);
  out.event = take_raw<Micros>(rest);
  out.created = take_raw<Micros>(rest);
  out.values = take_bytes(rest, take_raw<std::uint32_t>(rest));
  return true;
}

bool merge_block(std::string& blocks, const Block& block) {
  std::string_view rest = blocks;
  Block old;
  std::size_t begin = 0, end = blocks.size();
  bool found = false;
  while (!found && (begin = blocks.size() - rest.size(), next_block(rest, old))) {
    found = old.view == block.view;
    end = blocks.size() - rest.size();
  }
  if (!found) {
    append_block(blocks, block);
    return true;
  }
  if (std::pair(block.event, block.created) < std::pair(old.event, old.created)) return false;
  std::string bytes;
  append_block(bytes, block);
  if (std::string_view(blocks).substr(begin, end - begin) == bytes) return false;
  blocks.replace(begin, end - begin, bytes);
  return true;
}

std::size_t put_rows(Transaction& transaction, const std::string& view, const Layout& layout,
                     std::span<const OnlineRow> rows) {
  if (rows.empty()) return 0;
  const std::string key = layout_key(layout.tag), text = layout_text(layout.features);
  if (const auto known = transaction.get(Space::state, key); !known || *known != text)
    transaction.put(Space::state, key, text);
  Block block{tag_of(view), layout.tag, 0, 0, {}};
  std::size_t counted = 0;
  std::string blocks;
  for (const auto& row : rows) {
    blocks = transaction.get(Space::rows, row.key).value_or("");
    block.event = row.event;
    block.created = row.created;
    block.values = row.values;
    if (!merge_block(blocks, block)) continue;
    transaction.put(Space::rows, row.key, blocks);
    ++counted;
  }
  return counted;
}

Layout stored_layout(Snapshot& snapshot, std::uint64_t tag) {
  std::vector<Feature> features;
  if (const auto text = snapshot.get(Space::state, layout_key(tag)))
    for (const auto& one : parse_json(*text, "a layout of the online store"))
      features.push_back({text_or(one, "name"), parse_type(text_or(one, "type")).value_or(Type::float64)});
  return Layout(std::move(features));
}

}  // namespace mlops::feature
