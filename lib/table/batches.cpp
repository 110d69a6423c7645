#include "table/batches.h"

#include "base/module.h"
#include "table/arrow_module.h"
#include "table/packed.h"

namespace mlops::table {

std::unique_ptr<BatchReader> read_batches(const Source& source, const BatchOptions& options) {
  refuse_packed(source);
  static const auto* arrow = static_cast<const ArrowModule*>(open_module("arrow"));
  return arrow->batches(source, options.format ? *options.format : detect_format(source), options);
}

}  // namespace mlops::table
