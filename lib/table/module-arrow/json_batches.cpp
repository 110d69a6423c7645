// JSON lines in blocks of whole lines. Arrow reads a block with the types that are expected; where it can't, each line
// is read by itself, to name each value that is of another.
#include <arrow/io/memory.h>
#include <arrow/json/api.h>
#include <arrow/table.h>

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
        batches_(Blocks(reading.source, 0, 1, 0, options.limits.cell),
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
    keep_chosen(out);
    fit_columns(out, options_.kinds);
    return out;
  }

  // A column that is asked for and that no row of this batch has is nowhere: not an error.
  void keep_chosen(Batch& batch) const {
    if (options_.columns.empty()) return;
    Table kept;
    kept.rows = batch.table.rows;
    std::vector<Misfit> misfits;
    for (const auto& name : options_.columns)
      for (std::size_t c = 0; c < batch.table.columns.size(); ++c) {
        if (batch.table.columns[c].name != name) continue;
        for (auto& misfit : batch.misfits)
          if (misfit.column == c) misfits.push_back({kept.columns.size(), misfit.row, std::move(misfit.text)});
        kept.columns.push_back(std::move(batch.table.columns[c]));
      }
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
