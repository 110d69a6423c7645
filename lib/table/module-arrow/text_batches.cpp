#include "text_batches.h"

#include "base/pool.h"
#include "base/text.h"
#include "table/fit.h"

namespace mlops::table {

std::optional<Batch> TextBatches::next() {
  if (ready_.empty()) {
    std::vector<Block> blocks;
    while (blocks.size() < std::min<std::size_t>(pool_size(), 8)) {
      auto block = blocks_.next();
      if (!block) break;
      blocks.push_back(std::move(*block));
    }
    ready_.resize(blocks.size());
    parallel_for(blocks.size(), [&](std::size_t i) {
      ready_[i] = read_(blocks[i]);
      blocks[i].text = {};
    });
  }
  if (ready_.empty()) return std::nullopt;
  Batch out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

std::string misfit_text(std::string_view text) {
  constexpr std::size_t k_shown = 80;
  return to_utf8(text.size() <= k_shown ? text : text.substr(0, k_shown)) + (text.size() <= k_shown ? "" : "…");
}

std::shared_ptr<arrow::DataType> text_type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return arrow::boolean();
    case Kind::integer:
      return arrow::int64();
    case Kind::real:
      return arrow::float64();
    default:
      return arrow::utf8();
  }
}

void fit_columns(Batch& batch, const std::map<std::string, Kind>& kinds) {
  for (std::size_t c = 0; c < batch.table.columns.size(); ++c) {
    Column& column = batch.table.columns[c];
    const auto wanted = kinds.find(column.name);
    if (wanted == kinds.end() || column.kind != Kind::text || wanted->second == Kind::text) continue;
    const Column texts = column;
    column = fit(texts, wanted->second, [&](std::size_t row) {
      batch.misfits.push_back({c, row, misfit_text(texts.text(row))});
    });
    column.source_type = texts.source_type;
  }
}

}  // namespace mlops::table
