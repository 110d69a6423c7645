#include "table_input.h"

#include <array>

#include "base/hash.h"
#include "base/text.h"

namespace mlops {
namespace {

std::unique_ptr<table::Source> find_source(const std::string& name) { return table::open_source(name); }

Id id_of(const table::Source& source) {
  Sha256 hash;
  std::string block(std::size_t{4} << 20, '\0');
  std::uint64_t offset = 0;
  while (const auto got = source.read(offset, std::as_writable_bytes(std::span(block)))) {
    hash.update(std::string_view(block.data(), got));
    offset += got;
  }
  return hash.finish();
}

const char* format_name(table::Format format) {
  static constexpr std::array<const char*, 5> k_names{"csv", "tsv", "json lines", "parquet", "arrow"};
  return k_names.at(static_cast<std::size_t>(format));
}

}  // namespace

NamedTable read_named_table(const std::string& name, const std::vector<std::string>& columns) {
  const auto source = find_source(name);
  table::ReadOptions options;
  options.format = table::detect_format(*source);
  options.columns = columns;
  NamedTable out{table::read_table(*source, options), {}};
  if (out.table.rows == 0) throw input_error("\"" + name + "\" has no rows");
  out.provenance = {{"name", to_utf8(name)}, {"format", format_name(*options.format)}, {"size", source->size()},
                    {"sha256", id_of(*source).hex()}, {"rows", out.table.rows}};
  return out;
}

}  // namespace mlops
