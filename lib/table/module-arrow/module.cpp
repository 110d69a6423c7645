// The module's one object. Nothing of Arrow's leaves it: not a type, not an exception.
#include <arrow/extension_type.h>

#include "base/build.h"
#include "base/module.h"
#include "batch_source.h"
#include "border.h"
#include "formats.h"
#include "table/arrow_module.h"
#include "write.h"

namespace mlops::table {
namespace {

// A file must not choose code by naming an extension type: such columns come as their storage.
void forget_extension_types() {
  for (const char* name : {"arrow.json", "arrow.uuid", "arrow.bool8", "arrow.opaque", "arrow.fixed_shape_tensor",
                           "arrow.variable_shape_tensor", "arrow.parquet.variant", "parquet.variant"})
    (void)arrow::UnregisterExtensionType(name);
}

Table dispatch(const Reading& reading, Format format) {
  switch (format) {
    case Format::csv:
      return read_csv(reading, ',');
    case Format::tsv:
      return read_csv(reading, '\t');
    case Format::json_lines:
      return read_json_lines(reading);
    case Format::parquet:
      return read_parquet(reading);
    case Format::arrow:
      return read_arrow(reading);
  }
  throw usage_error("unknown table format");
}

class Module : public ArrowModule {
 private:
  template <typename Work>
  static auto with_reading(const Source& source, Format format, const ReadOptions& options, const Work& work) {
    const auto limit = options.limits.memory > 0 ? options.limits.memory : default_memory_limit();
    const auto pool = make_pool(limit);
    const Reading reading(source, options, pool);
    try {
      return guarded(source, format_name(format), *pool, [&] { return work(reading); });
    } catch (...) {
      if (const auto failure = reading.failure()) std::rethrow_exception(failure);
      throw;
    }
  }

 public:
  Module() { forget_extension_types(); }

  [[nodiscard]] Table read(const Source& source, Format format, const ReadOptions& options) const override {
    return with_reading(source, format, options, [&](const Reading& reading) { return dispatch(reading, format); });
  }

  [[nodiscard]] Table schema(const Source& source) const override {
    return with_reading(source, Format::parquet, {}, parquet_schema);
  }

  [[nodiscard]] std::size_t parts(const Source& source) const override {
    return with_reading(source, Format::parquet, {}, parquet_parts);
  }

  [[nodiscard]] std::unique_ptr<BatchReader> batches(const Source& source, Format format,
                                                     const BatchOptions& options) const override {
    return open_batches(source, format, options);
  }

  [[nodiscard]] std::string write_parquet(const Table& table) const override {
    const auto nothing = memory_source({}, "the table");
    const LimitedPool pool(default_memory_limit());
    return guarded(*nothing, "Parquet", pool, [&] { return to_parquet(table); });
  }
};

Module& module() {
  static Module object;
  return object;
}

}  // namespace
}  // namespace mlops::table

MLOPS_MODULE(mlops::table::module())
