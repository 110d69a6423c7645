// A view's rows: its file's, read whole or piece by piece, then those that were pushed.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "feature/sources.h"

namespace mlops::feature {
namespace {

using table::Column;
using table::Kind;
using table::Table;

bool no_values(const Column& column) { return column.rows() == column.nulls(); }

// Values of the file's column as the other one's kind, zero where there are none.
template <typename Out, typename Of>
std::vector<Out> both(const Column& file, const Column& pushed, std::span<const Out> more, const Of& of) {
  std::vector<Out> out(file.rows());
  if (!no_values(file))
    for (std::size_t row = 0; row < out.size(); ++row)
      if (file.valid(row)) out[row] = of(row);
  out.insert(out.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(pushed.rows()));
  return out;
}

[[noreturn]] void other_kind(const Column& file, const Column& pushed, const std::string& name) {
  throw input_error(fmt::format("column \"{}\" of \"{}\" holds {}, what was pushed {}", printable(file.name),
                                printable(name), to_text(file.kind), to_text(pushed.kind)));
}

Column both_texts(const Column& file, const Column& pushed, table::Validity valid) {
  std::vector<std::string> out(file.rows());
  for (const auto* column : {&file, &pushed}) {
    const std::size_t before = column == &file ? 0 : file.rows();
    out.resize(before + column->rows());
    if (column->kind != Kind::text) continue;  // no values
    for (std::size_t row = 0; row < column->rows(); ++row)
      if (column->valid(row)) out[before + row] = column->text(row);
  }
  return table::make_texts(pushed.name, out, std::move(valid));
}

// The rows of one column after those of the other, which has the kind that counts.
Column append(const Column& file, const Column& pushed, const std::string& name) {
  table::Validity valid;
  for (const auto* column : {&file, &pushed})
    for (std::size_t row = 0; row < column->rows(); ++row) valid.push_back(column->valid(row) ? 1 : 0);
  const bool whole = file.kind == Kind::integer && pushed.kind == Kind::real;
  const bool told = file.kind == Kind::text && pushed.kind == Kind::time;
  if (!no_values(file) && file.kind != pushed.kind && !whole && !told) other_kind(file, pushed, name);
  switch (pushed.kind) {
    case Kind::boolean:
      return table::make_booleans(pushed.name,
                                  both(file, pushed, pushed.booleans(), [&](auto row) { return file.booleans()[row]; }),
                                  std::move(valid));
    case Kind::integer:
      return table::make_integers(pushed.name,
                                  both(file, pushed, pushed.integers(), [&](auto row) { return file.integers()[row]; }),
                                  std::move(valid));
    case Kind::real:
      return table::make_reals(
          pushed.name,
          both(file, pushed, pushed.reals(),
               [&](auto row) { return whole ? static_cast<double>(file.integers()[row]) : file.reals()[row]; }),
          std::move(valid));
    case Kind::time: {
      const auto times = told ? times_of(file, name) : nullptr;
      return table::make_times(
          pushed.name,
          both(file, pushed, pushed.times(), [&](auto row) { return told ? times->values[row] : file.times()[row]; }),
          std::move(valid));
    }
    default:
      return both_texts(file, pushed, std::move(valid));
  }
}

std::string identity_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "";
  return fmt::format("{}-{}-{}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

ViewFile::ViewFile(const View& view, const std::filesystem::path& root, Table pushed)
    : name_(view.source.path.empty() ? view.source.push : view.source.path), pushed_(std::move(pushed)) {
  if (view.source.path.empty()) return;
  const auto file = source_file(root, view);
  identity_ = identity_of(file);
  source_ = table::open_source(file);
  name_ = source_->name();
  format_ = table::detect_format(*source_);
  by_column_ = format_ == table::Format::parquet;
  file_parts_ = table::part_count(*source_);
}

Table ViewFile::read_file(const std::vector<std::string>& columns, std::optional<std::size_t> part) const {
  table::ReadOptions options;
  options.format = format_;
  options.columns = columns;
  if (by_column_) options.part = part;
  return table::read_table(*source_, options);
}

Table ViewFile::pick_pushed(const std::vector<std::string>& columns) const {
  Table out;
  for (const auto& name : columns) {
    if (const Column* column = pushed_.find(name))
      out.add(*column);
    else  // a view without rows
      out.add(table::make_integers(name, {}));
  }
  return out;
}

Table ViewFile::read(const std::vector<std::string>& columns) const {
  if (source_ == nullptr) return pick_pushed(columns);
  const Table file = read_file(columns, std::nullopt);
  if (pushed_.rows == 0) return file;
  Table out;
  for (const auto& column : file.columns) out.add(append(column, pushed_.need(column.name), name_));
  return out;
}

std::size_t ViewFile::parts() const { return file_parts_ + (pushed_.rows > 0 ? 1 : 0); }

Table ViewFile::read_part(std::size_t part, const std::vector<std::string>& columns) const {
  return part < file_parts_ ? read_file(columns, part) : pick_pushed(columns);
}

}  // namespace mlops::feature
