#include "monitor/labels.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "monitor/picked.h"

namespace mlops::monitor {
namespace {

using table::Column;
using table::Kind;

constexpr std::size_t k_longest_id = 1024;

std::string key_of(std::string_view request, std::int64_t row) {
  return std::string(request) + '\0' + std::to_string(row);
}

bool has_value(const Column& column, std::size_t row) {
  return column.valid(row) && (column.kind != Kind::real || !std::isnan(column.reals()[row]));
}

void check_id(const std::string& id, const std::string& where) {
  if (id.empty() || id.size() > k_longest_id)
    throw input_error(where + (id.empty() ? " has no request id" : " has a request id of more than 1024 bytes"));
}

// Keeps of repeated (request, row) the last.
class BatchMaker {
 public:
  void add(const std::string& request, std::int64_t row, const Column& labels, std::size_t at) {
    const auto [found, made] = places_.try_emplace(key_of(request, row), lines_.size());
    if (made)
      lines_.push_back({request, row, &labels, at});
    else
      lines_[found->second] = {request, row, &labels, at}, ++batch_.repeated;
  }
  void skip() { ++batch_.without; }
  LabelBatch take(const std::string& name) {
    if (lines_.empty()) throw input_error(name + " has no label");
    Picked picked;
    for (const auto& line : lines_) {
      batch_.requests.push_back(line.request);
      batch_.rows.push_back(line.row);
      picked.add(line.labels, line.at);
    }
    batch_.labels = picked.column("label");
    return std::move(batch_);
  }

 private:
  struct Line {
    std::string request;
    std::int64_t row;
    const Column* labels;
    std::size_t at;
  };
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Line> lines_;
  LabelBatch batch_;
};

Column label_of(const Json& value, const std::string& where) {
  if (value.is_boolean()) return table::make_booleans("label", {static_cast<std::uint8_t>(value.get<bool>())});
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    return table::make_reals("label", {value.get<double>()});
  if (value.is_number_integer()) return table::make_integers("label", {value.get<std::int64_t>()});
  if (value.is_number()) return table::make_reals("label", {value.get<double>()});
  if (value.is_string()) return table::make_texts("label", {value.get<std::string>()});
  throw input_error(where + ": \"label\" must be a number, a text or a truth value");
}

std::int64_t row_of(const Json& item, const std::string& where) {
  const auto row = item.find("row");
  if (row == item.end() || row->is_null()) return 0;
  const bool good = row->is_number_integer() && (row->is_number_unsigned() ? row->get<std::uint64_t>() <= INT64_MAX
                                                                           : row->get<std::int64_t>() >= 0);
  if (!good) throw input_error(where + ": \"row\" must be a whole number from 0 on");
  return row->get<std::int64_t>();
}

table::Table table_of(const LabelBatch& batch) {
  table::Table out;
  out.rows = batch.requests.size();
  out.add(table::make_texts("request_id", batch.requests));
  out.add(table::make_integers("row", batch.rows));
  out.add(batch.labels);
  return out;
}

std::optional<table::Table> table_of(const data::Repository& repository, const store::Store& store, const Json& record,
                                     std::vector<std::string> columns) {
  (void)repository;
  const auto file = Id::from_hex(text_or(record, "file"));
  if (!file || !store.has_file(*file)) return std::nullopt;
  table::ReadOptions options;
  options.format = table::Format::parquet;
  options.columns = std::move(columns);
  return table::read_table(*table::store_source(store, *file, "labels of " + text_or(record, "key")), options);
}

// A batch of the same bytes, unless a later one speaks about one of its rows.
std::optional<Id> kept_before(data::Repository& repository, const std::string& model, const LabelBatch& batch,
                              const Id& file) {
  std::unordered_set<std::string> keys;
  for (const auto& entry : repository.database().list({.type = "labels", .key = model})) {
    if (text_or(entry.body, "file") == file.hex()) return entry.id;
    if (keys.empty())
      for (std::size_t i = 0; i < batch.requests.size(); ++i) keys.insert(key_of(batch.requests[i], batch.rows[i]));
    const auto later = table_of(repository, repository.store(), entry.body, {"request_id", "row"});
    if (!later) continue;
    const auto &ids = later->need("request_id"), &rows = later->need("row");
    for (std::size_t row = 0; row < later->rows; ++row)
      if (keys.contains(key_of(ids.text(row), rows.integers()[row]))) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

LabelBatch label_batch(const table::Table& table, const LabelColumns& columns, const std::string& name) {
  const Column& ids = table.need(columns.id);
  const Column& labels = table.need(columns.label);
  const Column* rows = columns.row_asked ? &table.need(columns.row) : table.find(columns.row);
  if ((labels.kind == Kind::time || labels.kind == Kind::other) && labels.nulls() < labels.rows())
    throw input_error(fmt::format("column \"{}\" of {} is of {}s; labels are numbers, texts or truth values",
                                  printable(labels.name), name, to_text(labels.kind)),
                      "--label-column names another");
  if (rows != nullptr && rows->kind != Kind::integer && rows->nulls() != rows->rows())
    throw input_error(fmt::format("column \"{}\" of {} is of {}s; rows are counted from 0", printable(rows->name), name,
                                  to_text(rows->kind)),
                      "--row-column names another");
  BatchMaker maker;
  for (std::size_t line = 0; line < table.rows; ++line) {
    if (!has_value(labels, line)) {
      maker.skip();
      continue;
    }
    const std::string where = fmt::format("row {} of {}", line + 1, name);
    const std::string id = ids.show(line);
    check_id(id, where);
    const std::int64_t row = rows != nullptr && rows->valid(line) ? rows->integers()[line] : 0;
    if (row < 0) throw input_error(where + " has a negative row of its request");
    maker.add(id, row, labels, line);
  }
  return maker.take(name);
}

LabelBatch label_batch(const Json& body) {
  const Json* list = &body;
  if (body.is_object() && body.contains("labels")) list = &body["labels"];
  if (!list->is_array() && !list->is_object()) throw input_error("the labels must be an object or a list of objects");
  const Json single = list->is_object() ? Json::array({*list}) : Json();
  if (list->is_object()) list = &single;
  std::vector<Column> values;  // all of them before the first place is taken
  values.reserve(list->size());
  BatchMaker maker;
  for (const auto& item : *list) {
    const std::string where = fmt::format("label {}", values.size() + 1);
    if (!item.is_object()) throw input_error(where + " is no object");
    const auto id = item.find("request_id"), label = item.find("label");
    if (id == item.end() || !id->is_string()) throw input_error(where + ": \"request_id\" must be a text");
    if (label == item.end()) throw input_error(where + " has no \"label\"");
    check_id(id->get<std::string>(), where);
    values.push_back(label_of(*label, where));
    maker.add(id->get<std::string>(), row_of(item, where), values.back(), 0);
  }
  return maker.take("the list");
}

KeptLabels keep_labels(data::Repository& repository, const std::string& model, const LabelBatch& batch,
                       const std::string& source, const std::string& author) {
  const std::string parquet = table::write_parquet(table_of(batch));
  const Id file = sha256(parquet);
  if (repository.store().has_file(file))  // else these bytes were never kept
    if (const auto before = kept_before(repository, model, batch, file)) return {*before, true};
  const auto writer = repository.store().writer();
  const auto object = writer->put_file(std::as_bytes(std::span(parquet)));
  writer->commit();
  Json record{{"type", "labels"},
              {"version", 1},
              {"key", model},
              {"file", object.id.hex()},
              {"size", object.size},
              {"rows", batch.requests.size()},
              {"source", to_utf8(source)},
              {"time", to_utc(now_micros())}};
  if (!author.empty()) record["author"] = author;
  return {repository.database().seal(record), false};
}

struct LabelBook::State {
  std::vector<std::unique_ptr<table::Table>> batches;
  std::unordered_map<std::string, Place> places;
};

LabelBook::LabelBook(data::Repository& repository, const std::string& model, Micros since, Micros until)
    : state_(std::make_unique<State>()) {
  for (const auto& entry :
       repository.database().list({.type = "labels", .key = model, .limit = 0, .newest_first = false})) {
    if (until > 0 && entry.time >= until) break;
    if (entry.time < since) continue;
    auto batch = table_of(repository, repository.store(), entry.body, {});
    if (!batch) continue;
    state_->batches.push_back(std::make_unique<table::Table>(std::move(*batch)));
    const table::Table& kept = *state_->batches.back();
    const auto &ids = kept.need("request_id"), &rows = kept.need("row"), &labels = kept.need("label");
    for (std::size_t row = 0; row < kept.rows; ++row)
      state_->places[key_of(ids.text(row), rows.integers()[row])] = {&labels, row, entry.time};
  }
}

LabelBook::~LabelBook() = default;
LabelBook::LabelBook(LabelBook&&) noexcept = default;
LabelBook& LabelBook::operator=(LabelBook&&) noexcept = default;

std::optional<LabelBook::Place> LabelBook::find(std::string_view request, std::int64_t row) const {
  const auto found = state_->places.find(key_of(request, row));
  return found == state_->places.end() ? std::nullopt : std::optional(found->second);
}

std::size_t LabelBook::size() const { return state_->places.size(); }

JoinedLabels join_labels(const table::Table& traffic, const LabelBook& book) {
  JoinedLabels out;
  out.kept.resize(traffic.rows);
  Picked picked;
  const Column* ids = traffic.find("request_id");
  const Column* rows = traffic.find("row");
  for (std::size_t i = 0; i < traffic.rows; ++i) {
    const auto place = ids != nullptr && rows != nullptr && ids->valid(i) && rows->valid(i)
                           ? book.find(ids->text(i), rows->integers()[i])
                           : std::nullopt;
    picked.add(place ? place->labels : nullptr, place ? place->row : 0);
    if (!place) continue;
    out.kept[i] = place->kept;
    ++out.joined;
  }
  out.labels = picked.column("label");
  return out;
}

std::vector<std::string> unknown_requests(const LabelBatch& batch, const table::Table& traffic) {
  std::unordered_set<std::string_view> known;
  if (const Column* ids = traffic.find("request_id"); ids != nullptr && ids->kind == Kind::text)
    known.insert(ids->dictionary().begin(), ids->dictionary().end());
  std::vector<std::string> out;
  std::unordered_set<std::string_view> named;
  for (const auto& request : batch.requests)
    if (!known.contains(request) && named.insert(request).second) out.push_back(request);
  return out;
}

}  // namespace mlops::monitor
