// What CSV and JSON lines have in common: blocks of text, several read at a time, handed out in their order.
#pragma once

#include <deque>
#include <functional>

#include "batch_source.h"
#include "blocks.h"

namespace mlops::table {

class TextBatches {
 public:
  // `read` makes a batch of a block, on any thread.
  TextBatches(Blocks blocks, std::function<Batch(const Block&)> read)
      : blocks_(std::move(blocks)), read_(std::move(read)) {}
  std::optional<Batch> next();

 private:
  Blocks blocks_;
  std::function<Batch(const Block&)> read_;
  std::deque<Batch> ready_;
};

// What Arrow's readers make of a column of which this kind is wanted: times are texts to them, all their forms are ours
// to read.
std::shared_ptr<arrow::DataType> text_type_of(Kind kind);
// The texts of those columns of `batch` for which another kind is wanted, in that kind.
void fit_columns(Batch& batch, const std::map<std::string, Kind>& kinds);
// A misfit's text, as long as messages need it.
std::string misfit_text(std::string_view text);

}  // namespace mlops::table
