// Where Arrow ends: whatever it throws or returns leaves as mlops::Error.
#pragma once

#include <parquet/exception.h>

#include <array>
#include <system_error>

#include "stream.h"
#include "table/table.h"

namespace mlops::table {

inline const char* format_name(Format format) {
  static constexpr std::array<const char*, 5> k_names{"CSV", "TSV", "JSON lines", "Parquet", "Arrow"};
  return k_names.at(static_cast<std::size_t>(format));
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

}  // namespace mlops::table
