#include "table_input.h"

#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "data/revision.h"

namespace mlops {
namespace {

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

// Outside of a repository, and for what looks like nothing but a file's name, the answer is "no such file".
bool may_be_version(const std::string& name) {
  const bool form =
      name.find(':') != std::string::npos || name.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::error_code ignored;
  for (fs::path at = fs::current_path();; at = at.parent_path()) {
    if (fs::exists(at / ".mlops", ignored))
      return form || fs::exists(name + ".mlops", ignored) || name.find('/') != std::string::npos;
    if (at == at.parent_path()) return false;
  }
}

const char* format_name(table::Format format) {
  static constexpr std::array<const char*, 5> k_names{"csv", "tsv", "json lines", "parquet", "arrow"};
  return k_names.at(static_cast<std::size_t>(format));
}

}  // namespace

NamedTable read_source(const table::Source& source, const std::vector<std::string>& columns) {
  table::ReadOptions options;
  options.format = table::detect_format(source);
  options.columns = columns;
  NamedTable out{table::read_table(source, options), {}};
  if (out.table.rows == 0) throw input_error("\"" + source.name() + "\" has no rows");
  out.provenance = {{"name", to_utf8(source.name())},
                    {"format", format_name(*options.format)},
                    {"size", source.size()},
                    {"sha256", id_of(source).hex()},
                    {"rows", out.table.rows}};
  return out;
}

NamedTable read_named_table(const std::string& name, const std::vector<std::string>& columns) {
  std::error_code ignored;
  if (fs::exists(name, ignored) || !may_be_version(name)) return read_source(*table::open_source(name), columns);
  const auto repository = data::Repository::open();
  const auto located = data::locate(*repository, name);
  if (located.object.kind == store::Kind::tree)
    throw input_error("\"" + name + "\" is a directory, not a table", "mlops data ls " + name + "   lists its files");
  return read_source(
      *table::store_source(repository->store(), located.object.id, located.path.empty() ? name : located.path),
      columns);
}

}  // namespace mlops
