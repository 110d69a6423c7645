#include "feature/row_input.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "feature/as_of.h"
#include "feature/base64.h"

namespace mlops::feature {
namespace {

using web::OrderedJson;
using Cells = std::vector<const OrderedJson*>;

const Cells& need_column(const InputRows& rows, const View& view, const std::string& name, const char* usual) {
  if (const auto found = rows.columns.find(name); found != rows.columns.end()) return found->second;
  if (usual != nullptr)
    if (const auto found = rows.columns.find(usual); found != rows.columns.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [column, cells] : rows.columns) names.push_back(column);
  const std::string near = nearest(name, names);
  throw input_error(fmt::format("the column \"{}\" is missing, which view \"{}\" needs", name, view.name),
                    near.empty() ? "" : "did you mean \"" + near + "\"?");
}

// The columns of one view, and how each cell is read.
class ViewInput {
 public:
  ViewInput(const View& view, const InputRows& rows)
      : view_(view),
        rows_(rows),
        event_(rows.count > 0 ? &need_column(rows, view, view.source.timestamp, "event_timestamp") : nullptr) {
    if (rows.count == 0) return;
    for (const auto& key : view.keys) keys_.push_back(&need_column(rows, view, key.name, nullptr));
    if (!view.source.created.empty()) created_ = &need_column(rows, view, view.source.created, "created");
    for (const auto& feature : view.features) features_.push_back(&need_column(rows, view, feature.name, nullptr));
  }

  [[nodiscard]] std::string key(std::size_t i, std::size_t row) const {
    const auto& name = view_.keys[i].name;
    return key_part(cell(*keys_[i], row, name), *view_.keys[i].type, false, rows_.place(row, name));
  }
  [[nodiscard]] Micros event(std::size_t row) const {
    const auto& name = view_.source.timestamp;
    return time_of(cell(*event_, row, name), rows_.place(row, name));
  }
  [[nodiscard]] Micros created(std::size_t row) const {
    if (created_ == nullptr) return k_no_created;
    const auto& name = view_.source.created;
    const OrderedJson& json = cell(*created_, row, name);
    return json.is_null() ? k_no_created : time_of(json, rows_.place(row, name));
  }
  [[nodiscard]] Value feature(std::size_t i, std::size_t row, std::deque<std::string>& kept) const {
    const auto& feature = view_.features[i];
    return value_of(cell(*features_[i], row, feature.name), feature.type, rows_.place(row, feature.name), kept);
  }

 private:
  [[nodiscard]] const OrderedJson& cell(const Cells& cells, std::size_t row, const std::string& name) const {
    if (cells[row] == nullptr) throw input_error(rows_.place(row, name) + ": the value is missing");
    return *cells[row];
  }
  const View& view_;
  const InputRows& rows_;
  const Cells* event_;
  const Cells* created_ = nullptr;
  std::vector<const Cells*> keys_, features_;
};

}  // namespace

std::string InputRows::place(std::size_t row, const std::string& column) const {
  return fmt::format("{} {}, column \"{}\"", unit, numbers.empty() ? row + 1 : numbers[row], printable(column));
}

InputRows columns_of(const OrderedJson& table) {
  InputRows out;
  bool first = true;
  for (const auto& [name, values] : table.items()) {
    if (!values.is_array()) throw input_error(fmt::format("the column \"{}\" is no list of values", printable(name)));
    if (!first && values.size() != out.count)
      throw input_error(fmt::format("the column \"{}\" has {} values, the columns before it {}", printable(name),
                                    values.size(), out.count));
    first = false;
    out.count = values.size();
    auto& cells = out.columns[name];
    for (const auto& value : values) cells.push_back(&value);
  }
  return out;
}

InputRows lines_of(std::string_view text, std::vector<OrderedJson>& texts) {
  InputRows out;
  out.unit = "line";
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    try {
      texts.push_back(web::parse_ordered_json(line));
    } catch (const Error& error) {
      throw input_error(fmt::format("line {}: {}", number, error.message()), "one JSON object a line");
    }
    if (!texts.back().is_object())
      throw input_error(fmt::format("line {}: {} is no object", number, quoted(texts.back())),
                        "one JSON object a line");
    out.numbers.push_back(number);
  }
  out.count = texts.size();
  for (std::size_t row = 0; row < texts.size(); ++row)
    for (const auto& [name, value] : texts[row].items()) {
      auto& cells = out.columns[name];
      cells.resize(texts.size(), nullptr);
      cells[row] = &value;
    }
  return out;
}

std::vector<OnlineRow> online_rows(const View& view, const InputRows& rows) {
  const ViewInput input(view, rows);
  const KeySet keys(view.keys);
  std::vector<OnlineRow> out;
  std::vector<std::string> parts(view.keys.size());
  std::vector<std::string_view> ordered(view.keys.size());
  std::vector<Value> values(view.features.size());
  std::deque<std::string> kept;
  for (std::size_t row = 0; row < rows.count; ++row) {
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = input.key(i, row);
    for (std::size_t i = 0; i < parts.size(); ++i) ordered[i] = parts[keys.order()[i]];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = input.feature(i, row, kept);
    out.push_back({keys.key(ordered), input.event(row), input.created(row), encode_values(view.features, values)});
    kept.clear();
  }
  return out;
}

std::string offline_lines(const std::vector<const View*>& views, const InputRows& rows) {
  std::vector<ViewInput> inputs;
  for (const auto* view : views) inputs.emplace_back(*view, rows);
  std::string out;
  std::deque<std::string> kept;
  for (std::size_t row = 0; row < rows.count; ++row) {
    Json line = Json::object();
    for (std::size_t v = 0; v < views.size(); ++v) {
      const View& view = *views[v];
      for (std::size_t i = 0; i < view.keys.size(); ++i) {
        std::string text;
        append_key_json(text, inputs[v].key(i, row));
        line[view.keys[i].name] = Json::parse(text);
      }
      line[view.source.timestamp] = to_utc(inputs[v].event(row));
      if (const Micros created = inputs[v].created(row); !view.source.created.empty())
        line[view.source.created] = created == k_no_created ? Json() : Json(to_utc(created));
      for (std::size_t i = 0; i < view.features.size(); ++i)
        line[view.features[i].name] = to_json(view.features[i].type, inputs[v].feature(i, row, kept));
      kept.clear();
    }
    out += canonical_json(line) + '\n';
  }
  return out;
}

}  // namespace mlops::feature
