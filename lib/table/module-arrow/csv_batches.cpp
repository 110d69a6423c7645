// CSV and TSV in blocks that end with a record. A block is read with the types that are expected; where a value is of
// another, once more as text, to name each such value.
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>

#include "csv_conversion.h"
#include "csv_records.h"
#include "text_batches.h"

namespace mlops::table {
namespace {

class CsvBatches : public BatchSource {
 public:
  CsvBatches(const Reading& reading, char separator, const BatchOptions& options)
      : reading_(reading),
        separator_(separator),
        kinds_(options.kinds),
        header_(read_csv_header(reading.source, separator, options.limits.cell)),
        names_(unique_names(header_.names)),
        batches_(Blocks(reading.source, header_.bytes, header_.lines + 1, separator, options.limits.cell),
                 [this](const Block& block) { return read(block); }) {
    check_columns(names_.size(), reading);
    (void)chosen(names_, reading);
  }

  std::optional<Batch> next() override {
    auto out = batches_.next();
    while (out && out->table.columns.empty()) out = batches_.next();  // nothing but empty lines
    if (!out && first_) out = without_rows();
    first_ = false;
    return out;
  }

 private:
  Batch without_rows() const {
    Batch out;
    for (const int column : chosen(names_, reading_)) {
      const auto& name = names_[static_cast<std::size_t>(column)];
      out.table.columns.push_back(other_column(name, "null", 0));
    }
    return out;
  }

  // Everything that is asked for as texts, or what is `also`.
  arrow::Result<std::shared_ptr<arrow::Table>> parse(const Block& block, bool texts,
                                                     const std::vector<std::string>& also = {}) const {
    auto options = arrow::csv::ReadOptions::Defaults();
    options.use_threads = false;
    options.block_size = static_cast<std::int32_t>(block.text.size() + 1);
    options.column_names = names_;
    auto conversion = csv_conversion(names_, reading_);
    for (const auto& [name, kind] : kinds_) conversion.column_types[name] = texts ? arrow::utf8() : text_type_of(kind);
    for (const auto& name : also) conversion.column_types[name] = arrow::utf8();
    const auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
        reinterpret_cast<const std::uint8_t*>(block.text.data()), static_cast<std::int64_t>(block.text.size())));
    const arrow::io::IOContext context(reading_.pool.get());
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          arrow::csv::TableReader::Make(context, input, options, csv_form(separator_), conversion));
    return reader->Read();
  }

  Batch read(const Block& block) const {
    auto result = parse(block, false);
    if (!result.ok() && result.status().IsInvalid() && !is_empty(result.status())) {
      explain_block(result.status(), block);
      result = parse(block, true);
      if (!result.ok()) explain_block(result.status(), block);
    }
    if (!result.ok() && is_empty(result.status())) return {};
    auto table = need(std::move(result));
    const auto numbers = has_hexadecimal(block.text) ? wholes(*table->schema()) : std::vector<std::string>();
    if (!numbers.empty()) table = need(parse(block, false, numbers));
    Batch out;
    out.table = to_table(table->ColumnNames(), table->columns(), static_cast<std::size_t>(table->num_rows()), reading_);
    fit_wholes(out.table, numbers);
    fit_columns(out, kinds_);
    return out;
  }

  void explain_block(const arrow::Status& status, const Block& block) const {
    explain_csv(status, *memory_source(block.text, reading_.source.name()), separator_, 0, block.first_line);
  }
  static bool is_empty(const arrow::Status& status) { return status.message().find("Empty CSV") != std::string::npos; }

  const Reading& reading_;
  char separator_;
  const std::map<std::string, Kind>& kinds_;
  CsvHeader header_;
  std::vector<std::string> names_;
  TextBatches batches_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<BatchSource> csv_batches(const Reading& reading, char separator, const BatchOptions& options) {
  return std::make_unique<CsvBatches>(reading, separator, options);
}

}  // namespace mlops::table
