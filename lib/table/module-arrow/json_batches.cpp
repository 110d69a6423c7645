// JSON lines in blocks of whole lines. Arrow reads a block with the types that are expected; where it can't, each line
// is read by itself, to name each value that is of another.
#include <arrow/io/memory.h>
#include <arrow/json/api.h>
#include <arrow/table.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "json_depth.h"
#include "json_rows.h"
#include "text_batches.h"

namespace mlops::table {
namespace {

class JsonBatches : public BatchSource {
 public:
  JsonBatches(const Reading& reading, const BatchOptions& options)
      : reading_(reading),
        options_(options),
        batches_(Blocks(reading.source, mark_size(reading.source), 1, 0, options.limits.cell),
                 [this](const Block& block) { return read(block); }) {
    for (const auto& [name, kind] : options.kinds) fields_.push_back(arrow::field(name, text_type_of(kind)));
  }

  std::optional<Batch> next() override {
    auto out = batches_.next();
    while (out && out->table.rows == 0) out = batches_.next();  // nothing but empty lines
    if (!out && first_)
      throw input_error("\"" + reading_.source.name() + "\" is empty", "a table has one JSON object a line");
    first_ = false;
    return out;
  }

 private:
  arrow::Result<std::shared_ptr<arrow::Table>> parse(const Block& block) const {
    auto read = arrow::json::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = static_cast<std::int32_t>(block.text.size() + 1);
    auto form = arrow::json::ParseOptions::Defaults();
    form.explicit_schema = arrow::schema(fields_);
    const auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
        reinterpret_cast<const std::uint8_t*>(block.text.data()), static_cast<std::int64_t>(block.text.size())));
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::json::TableReader::Make(reading_.pool.get(), input, read, form));
    return reader->Read();
  }

  Batch read(const Block& block) const {
    const auto text = trim(block.text);
    if (text.empty()) return {};
    DepthCheck(reading_, block.first_line).feed(block.text);
    const auto result = text.front() == '{' ? parse(block) : arrow::Status::Invalid("no object");
    if (result.status().IsOutOfMemory()) need(result.status());
    Batch out;
    if (result.ok()) {
      const auto& table = *result;
      check_columns(static_cast<std::size_t>(table->num_columns()), reading_);
      out.table =
          to_table(table->ColumnNames(), table->columns(), static_cast<std::size_t>(table->num_rows()), reading_);
    } else {
      out = json_rows(block, options_.kinds, reading_);
    }
    order(out, options_.columns.empty() ? names_in_order(block.text, out.table) : options_.columns);
    fit_columns(out, options_.kinds);
    return out;
  }

  // The columns as the first rows have them; then those that only later rows have, as they come. Arrow puts first what
  // is asked for.
  static std::vector<std::string> names_in_order(std::string_view text, const Table& table) {
    constexpr int k_rows = 32;
    std::vector<std::string> out;
    std::unordered_set<std::string> seen;
    for (int row = 0; row < k_rows && !text.empty() && seen.size() < table.columns.size(); ++row) {
      const auto end = std::min(text.find('\n'), text.size());
      const auto keys = nlohmann::ordered_json::parse(text.substr(0, end), nullptr, false);
      if (keys.is_object())
        for (const auto& [name, value] : keys.items())
          if (seen.insert(name).second) out.push_back(name);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (const auto& column : table.columns)
      if (seen.insert(column.name).second) out.push_back(column.name);
    return out;
  }

  // A column that is asked for and that no row of this batch has is nowhere: not an error.
  static void order(Batch& batch, const std::vector<std::string>& names) {
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t c = 0; c < batch.table.columns.size(); ++c) places[batch.table.columns[c].name] = c;
    std::map<std::size_t, std::size_t> moved;
    Table kept;
    kept.rows = batch.table.rows;
    for (const auto& name : names) {
      const auto place = places.find(name);
      if (place == places.end()) continue;
      moved[place->second] = kept.columns.size();
      kept.columns.push_back(std::move(batch.table.columns[place->second]));
    }
    std::vector<Misfit> misfits;
    for (auto& misfit : batch.misfits)
      if (const auto place = moved.find(misfit.column); place != moved.end())
        misfits.push_back({place->second, misfit.row, std::move(misfit.text)});
    std::sort(misfits.begin(), misfits.end(),
              [](const Misfit& a, const Misfit& b) { return std::tie(a.column, a.row) < std::tie(b.column, b.row); });
    batch.table = std::move(kept);
    batch.misfits = std::move(misfits);
  }

  const Reading& reading_;
  const BatchOptions& options_;
  arrow::FieldVector fields_;
  TextBatches batches_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<BatchSource> json_batches(const Reading& reading, const BatchOptions& options) {
  return std::make_unique<JsonBatches>(reading, options);
}

}  // namespace mlops::table
