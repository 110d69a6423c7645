#include "feature/materialize.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "feature/as_of.h"
#include "feature/keys.h"
#include "feature/pushes.h"
#include "feature/sources.h"

namespace mlops::feature {
namespace {

using table::Column;
using table::Table;

constexpr std::size_t k_rows_at_once =
    25'000;  // of one transaction: what it changes lies in memory until it is written
constexpr std::size_t k_columns_at_once = 4;

// A run through the source that has not come to its end.
struct Unfinished {
  std::string file;  // which state of the file it reads
  std::optional<Micros> from;
  Micros to = 0;
  std::size_t next = 0;  // the piece that comes next
  std::optional<Micros> seen;
};

struct State {
  std::optional<Micros> watermark;
  std::optional<Unfinished> run;
};

std::string state_key(const View& view) { return "view/" + view.name; }

// What the rows depend on: the ttl, say, does not matter.
std::string source_hash(const View& view) {
  Json definition = to_json(view);
  definition.erase("ttl_us");
  return hash_of(definition).hex();
}

Json micros_json(const std::optional<Micros>& time) { return time ? Json(*time) : Json(); }

std::optional<Micros> micros_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<Micros>();
}

State load_state(Snapshot& snapshot, const View& view) {
  State out;
  const auto text = snapshot.get(Space::state, state_key(view));
  if (!text) return out;
  const Json json = parse_json(*text, "the state of view \"" + view.name + "\"");
  if (text_or(json, "source") != source_hash(view)) return out;
  out.watermark = micros_in(json, "watermark");
  if (const Json run = json.value("run", Json()); run.is_object())
    out.run = Unfinished{text_or(run, "file"), micros_in(run, "from"), integer_or(run, "to"),
                         static_cast<std::size_t>(integer_or(run, "next")), micros_in(run, "seen")};
  return out;
}

void save_state(Transaction& transaction, const View& view, const State& state) {
  Json json{{"source", source_hash(view)}, {"watermark", micros_json(state.watermark)}};
  if (state.run)
    json["run"] = {{"file", state.run->file},
                   {"from", micros_json(state.run->from)},
                   {"to", state.run->to},
                   {"next", state.run->next},
                   {"seen", micros_json(state.run->seen)}};
  transaction.put(Space::state, state_key(view), canonical_json(json));
}

// Keys and times of one piece of a source.
struct Piece {
  Table table;
  std::unique_ptr<const Times> times, created;
  std::vector<const Column*> keys;

  [[nodiscard]] Micros created_at(std::size_t row) const {
    return created != nullptr && created->valid(row) ? created->values[row] : k_no_created;
  }
};

class Run {
 public:
  Run(OnlineStore& store, const ViewFile& file, const View& view, const MaterializeOptions& options)
      : store_(store), file_(file), view_(view), options_(options), layout_(view.features), keys_(view.keys) {}

  // From run.next on. `resumable`: the state says after each piece where to go on. False: it was told to stop.
  bool pass(State& state, Unfinished& run, bool resumable, Materialized& out) {
    for (; run.next < file_.parts(); ++run.next) {
      if (options_.stop.stop_requested()) return false;
      const Piece piece = read_piece(run.next);
      const auto winners = newest_rows(piece, run, out);
      write(rows_of(run.next, piece, winners), out);
      if (resumable && !winners.empty()) save(state, run);
      if (options_.progress != nullptr) options_.progress->advance(1);
    }
    return true;
  }

  // What rows that were not made yet keep the watermark from passing.
  [[nodiscard]] std::optional<Micros> held_back() const { return held_back_; }

 private:
  void save(State& state, const Unfinished& run) {
    state.run = run;
    ++state.run->next;
    store_.write([&](Transaction& transaction) { save_state(transaction, view_, state); });
  }

  [[nodiscard]] Piece read_piece(std::size_t part) const {
    Piece out;
    std::vector<std::string> columns;
    for (const auto& key : view_.keys) columns.push_back(key.name);
    columns.push_back(view_.source.timestamp);
    if (!view_.source.created.empty()) columns.push_back(view_.source.created);
    if (!file_.by_column())
      for (const auto& feature : view_.features) columns.push_back(feature.name);
    out.table = file_.read_part(part, columns);
    for (const auto& key : view_.keys) out.keys.push_back(&out.table.need(key.name));
    out.times = times_of(out.table.need(view_.source.timestamp), file_.name());
    if (!view_.source.created.empty()) out.created = times_of(out.table.need(view_.source.created), file_.name());
    return out;
  }

  // Whether the row counts in this run.
  [[nodiscard]] bool counts(const Piece& piece, std::size_t row, const Unfinished& run) {
    if (!piece.times->valid(row)) return false;
    const Micros time = piece.times->values[row];
    if (!options_.all_times && ((run.from && time < *run.from) || time > run.to)) return false;
    if (!view_.known_at_created) return true;
    const Micros created = piece.created_at(row);
    if (created != k_no_created && created <= now_) return true;
    if (created != k_no_created) held_back_ = std::min(held_back_.value_or(time), time);
    return false;
  }

  // Of each key the latest event, then the latest created, then the last in the file; in the file's order.
  std::vector<std::uint32_t> newest_rows(const Piece& piece, Unfinished& run, Materialized& out) {
    const KeyNumbers numbers(piece.keys, piece.table.rows);
    std::vector<std::uint32_t> best(numbers.size(), k_no_row);
    const auto rank = [&](std::uint32_t row) { return std::pair(piece.times->values[row], piece.created_at(row)); };
    for (std::uint32_t row = 0; row < piece.table.rows; ++row) {
      if (!counts(piece, row, run)) continue;
      ++out.rows;
      run.seen = std::max(run.seen.value_or(piece.times->values[row]), piece.times->values[row]);
      const auto key = numbers.rows()[row];
      if (key == k_no_key) continue;
      if (best[key] == k_no_row || rank(row) >= rank(best[key])) best[key] = row;
    }
    std::erase(best, k_no_row);
    std::sort(best.begin(), best.end());
    return best;
  }

  [[nodiscard]] std::vector<OnlineRow> rows_of(std::size_t part, const Piece& piece,
                                               const std::vector<std::uint32_t>& winners) const {
    std::vector<OnlineRow> out(winners.size());
    std::vector<std::string> parts(piece.keys.size());
    std::vector<std::string_view> ordered(parts.size());
    for (std::size_t i = 0; i < winners.size(); ++i) {
      for (std::size_t k = 0; k < parts.size(); ++k) parts[k] = key_part(*piece.keys[keys_.order()[k]], winners[i]);
      std::copy(parts.begin(), parts.end(), ordered.begin());
      out[i] = {keys_.key(ordered), piece.times->values[winners[i]], piece.created_at(winners[i]),
                no_values_yet(view_.features.size())};
    }
    if (!winners.empty()) add_features(part, piece, winners, out);
    return out;
  }

  void add_features(std::size_t part, const Piece& piece, const std::vector<std::uint32_t>& winners,
                    std::vector<OnlineRow>& rows) const {
    for (std::size_t first = 0; first < view_.features.size(); first += k_columns_at_once) {
      const std::size_t end = std::min(view_.features.size(), first + k_columns_at_once);
      std::vector<std::string> names;
      for (std::size_t i = first; i < end; ++i) names.push_back(view_.features[i].name);
      const Table some = file_.by_column() ? file_.read_part(part, names) : Table{};
      for (std::size_t i = first; i < end; ++i)
        add_feature(i, (file_.by_column() ? some : piece.table).need(view_.features[i].name), winners, rows);
    }
  }

  void add_feature(std::size_t index, const Column& column, const std::vector<std::uint32_t>& winners,
                   std::vector<OnlineRow>& rows) const {
    const Feature& feature = view_.features[index];
    if (column.nulls() == column.rows()) return;
    if (!fits(column, feature.type))
      throw input_error(fmt::format("feature \"{}\" of view \"{}\" is {}, and its source holds {} now", feature.name,
                                    view_.name, to_text(feature.type), to_text(column.kind)),
                        "mlops feature apply takes the source as it is");
    for (std::size_t i = 0; i < winners.size(); ++i) {
      const Value value = value_of(column, feature.type, winners[i]);
      if (feature.type == Type::int32 && !value.null && (value.integer > INT32_MAX || value.integer < INT32_MIN))
        throw input_error(fmt::format("\"{}\", column \"{}\": {} is out of range for int32", file_.name(), feature.name,
                                      value.integer),
                          "declare the feature int64");
      add_value(rows[i].values, index, feature.type, value);
    }
  }

  // In the order of the keys, so that each page of the store is touched once.
  void write(std::vector<OnlineRow> rows, Materialized& out) {
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    const std::span<const OnlineRow> all(rows);
    for (std::size_t first = 0; first < rows.size(); first += k_rows_at_once) {
      const auto some = all.subspan(first, std::min(k_rows_at_once, rows.size() - first));
      std::size_t changed = 0;
      store_.write([&](Transaction& transaction) { changed = put_rows(transaction, view_.name, layout_, some); });
      out.written += changed;
    }
  }

  OnlineStore& store_;
  const ViewFile& file_;
  const View& view_;
  const MaterializeOptions& options_;
  Layout layout_;
  KeySet keys_;
  Micros now_ = now_micros();
  std::optional<Micros> held_back_;
};

// One materialization at a time, over all processes: they would undo each other's unfinished runs. Empty: told to stop.
std::optional<FileLock> lock_out_others(const std::filesystem::path& file, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto lock = FileLock::try_lock(file)) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return std::nullopt;
}

// Where an incremental run stands after it has gone through the source: at the latest event it has seen, so that what
// is added behind it is found by the next.
void finish(State& state, const Unfinished& run, const std::optional<Micros>& held_back) {
  auto reached = run.seen;
  if (reached && held_back) reached = std::min(*reached, *held_back);
  const bool joined = !state.watermark || !run.from || *run.from <= *state.watermark;
  if (reached && joined) state.watermark = std::max(state.watermark.value_or(*reached), *reached);
  state.run.reset();
}

}  // namespace

Materialized materialize(OnlineStore& store, const std::filesystem::path& root, const View& view,
                         const MaterializeOptions& options) {
  const auto one_at_a_time = lock_out_others(store.folder() / "materialize.lock", options.stop);
  if (!one_at_a_time) return {view.name, options.from, options.to.value_or(now_micros()), 0, 0, watermark(store, view)};
  const ViewFile file(view, root, pushed_rows(*store.read(), view));
  State state = load_state(*store.read(), view);
  const Micros to = options.to.value_or(now_micros());
  const bool incremental = !options.from && !options.all_times;
  Materialized out{view.name, options.from, to, 0, 0, state.watermark};
  if (options.progress != nullptr) options.progress->start(view.name, file.parts());
  const auto pass = [&](Unfinished run) {
    Run work(store, file, view, options);
    if (!work.pass(state, run, incremental, out)) return false;
    if (!options.all_times) finish(state, run, work.held_back());
    store.write([&](Transaction& transaction) { save_state(transaction, view, state); });
    return true;
  };
  bool going_on = true;
  if (incremental && state.run && state.run->file == file.identity()) going_on = pass(*state.run);
  if (incremental) out.from = state.watermark;
  if (going_on && (!out.from || *out.from <= to)) pass({file.identity(), out.from, to, 0, std::nullopt});
  out.watermark = state.watermark;
  return out;
}

std::optional<Micros> watermark(OnlineStore& store, const View& view) {
  return load_state(*store.read(), view).watermark;
}

}  // namespace mlops::feature
