// The module's one object. Nothing of Arrow's leaves it: not a type, not an exception.
#include <arrow/extension_type.h>
#include <parquet/exception.h>

#include <array>
#include <system_error>

#include "base/build.h"
#include "base/module.h"
#include "formats.h"
#include "table/arrow_module.h"
#include "write.h"

namespace mlops::table {
namespace {

const char* format_name(Format format) {
  static constexpr std::array<const char*, 5> k_names{"CSV", "TSV", "JSON lines", "Parquet", "Arrow"};
  return k_names.at(static_cast<std::size_t>(format));
}

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

// Runs `work`; whatever Arrow throws or returns leaves as mlops::Error.
template <typename Work>
auto guarded(const Source& source, const char* format, const LimitedPool& pool, Work&& work) {
  const auto failed = [&](const arrow::Status& status) { return to_error(status, source, format, pool); };
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const StatusError& error) {
    throw failed(error.status());
  } catch (const parquet::ParquetStatusException& error) {
    throw failed(error.status());
  } catch (const std::bad_alloc&) {
    throw failed(arrow::Status::OutOfMemory(""));
  } catch (const std::system_error&) {
    throw outside_error("the system gives no more threads to read \"" + source.name() + "\"",
                        "raise the limit (ulimit -v, ulimit -u)");
  } catch (const std::exception& error) {
    throw failed(arrow::Status::Invalid(error.what()));
  }
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
