#include "feature/pushes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

// Keys of one source's batches: name, zero, number with the highest byte first, so that they lie in order of arrival.
std::string batch_prefix(const std::string& source) { return source + '\0'; }

std::string batch_key(const std::string& source, std::uint64_t number) {
  std::string key = batch_prefix(source);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift & 255));
  return key;
}

std::string counter_key(const std::string& source) { return "pushed/" + source; }

std::string foreign_key(const std::string& source, std::uint64_t number) {
  return "foreign/" + batch_key(source, number);
}

std::uint64_t number_of(std::string_view batch_key) {
  std::uint64_t out = 0;
  for (const char byte : batch_key.substr(batch_key.size() - 8)) out = out << 8 | static_cast<std::uint8_t>(byte);
  return out;
}

// One column of a table in the making.
class Collected {
 public:
  Collected(std::string name, Type type) : name_(std::move(name)), type_(type) {}
  void add(const Value& value) {
    valid_.push_back(value.null ? 0 : 1);
    if (type_ == Type::float32 || type_ == Type::float64)
      reals_.push_back(value.real);
    else if (type_ == Type::string || type_ == Type::bytes)
      texts_.emplace_back(value.text);
    else
      integers_.push_back(value.integer);
  }
  [[nodiscard]] table::Column take() {
    switch (type_) {
      case Type::float32:
      case Type::float64:
        return table::make_reals(name_, std::move(reals_), std::move(valid_));
      case Type::string:
      case Type::bytes:
        return table::make_texts(name_, texts_, std::move(valid_));
      case Type::boolean:
        return table::make_booleans(name_, {integers_.begin(), integers_.end()}, std::move(valid_));
      case Type::timestamp:
        return table::make_times(name_, std::move(integers_), std::move(valid_));
      default:
        return table::make_integers(name_, std::move(integers_), std::move(valid_));
    }
  }

 private:
  std::string name_;
  Type type_;
  std::vector<std::uint8_t> valid_;
  std::vector<std::int64_t> integers_;
  std::vector<double> reals_;
  std::vector<std::string> texts_;
};

}  // namespace

void append_offline(Transaction& transaction, const std::string& source, const std::string& lines, bool foreign) {
  const auto known = transaction.get(Space::state, counter_key(source));
  const std::uint64_t number = known ? std::stoull(std::string(*known)) + 1 : 1;
  transaction.put(Space::state, counter_key(source), std::to_string(number));
  transaction.put(Space::pushed, batch_key(source, number), lines);
  if (foreign) transaction.put(Space::state, foreign_key(source, number), "1");
}

std::vector<std::string> pushed_sources(Snapshot& snapshot) {
  std::vector<std::string> out;
  const std::string prefix = counter_key("");
  snapshot.each(Space::state, prefix, [&](std::string_view key, std::string_view) {
    out.emplace_back(key.substr(prefix.size()));
    return true;
  });
  return out;
}

void each_own_batch(Snapshot& snapshot, const std::string& source, std::uint64_t after,
                    const std::function<void(std::uint64_t number, std::string_view lines)>& visit) {
  snapshot.each(Space::pushed, batch_prefix(source), [&](std::string_view key, std::string_view lines) {
    const std::uint64_t number = number_of(key);
    if (number > after && !snapshot.get(Space::state, foreign_key(source, number))) visit(number, lines);
    return true;
  });
}

std::optional<Target> parse_target(std::string_view text) {
  if (text == "online") return Target::online;
  if (text == "offline") return Target::offline;
  if (text == "online_and_offline") return Target::online_and_offline;
  return std::nullopt;
}

std::vector<const View*> views_of_push(const Registry& registry, const std::string& source) {
  std::vector<const View*> out;
  for (const auto& [name, applied] : registry.views)
    if (!source.empty() && applied.view.source.push == source) out.push_back(&applied.view);
  return out;
}

std::size_t push(OnlineStore& store, const std::vector<const View*>& views, const InputRows& rows, Target target) {
  std::vector<std::vector<OnlineRow>> online;
  std::vector<Layout> layouts;
  if (target != Target::offline)
    for (const auto* view : views) {
      online.push_back(online_rows(*view, rows));
      layouts.emplace_back(view->features);
    }
  const std::string lines = target == Target::online ? "" : offline_lines(views, rows);
  if (rows.count == 0) return 0;
  std::size_t changed = 0;
  store.write([&](Transaction& transaction) {
    changed = 0;
    for (std::size_t i = 0; i < online.size(); ++i)
      changed += put_rows(transaction, views[i]->name, layouts[i], online[i]);
    if (!lines.empty()) append_offline(transaction, views.front()->source.push, lines, false);
  });
  return changed;
}

table::Table pushed_rows(Snapshot& snapshot, const View& view) {
  if (view.source.push.empty()) return {};
  std::vector<Collected> columns;
  std::vector<std::pair<std::string, Type>> wanted;
  for (const auto& key : view.keys) wanted.emplace_back(key.name, *key.type);
  wanted.emplace_back(view.source.timestamp, Type::timestamp);
  if (!view.source.created.empty()) wanted.emplace_back(view.source.created, Type::timestamp);
  for (const auto& feature : view.features) wanted.emplace_back(feature.name, feature.type);
  for (const auto& [name, type] : wanted) columns.emplace_back(name, type);
  bool any = false;
  snapshot.each(Space::pushed, batch_prefix(view.source.push), [&](std::string_view, std::string_view text) {
    std::vector<web::OrderedJson> texts;
    const InputRows rows = lines_of(text, texts);
    std::deque<std::string> kept;
    for (const auto& line : texts)
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto found = line.find(wanted[i].first);  // absent: pushed before the view had it
        columns[i].add(found == line.end() ? Value{} : value_of(*found, wanted[i].second, "a pushed row", kept));
      }
    any = any || rows.count > 0;
    return true;
  });
  table::Table out;
  if (any)
    for (auto& column : columns) out.add(column.take());
  return out;
}

}  // namespace mlops::feature
