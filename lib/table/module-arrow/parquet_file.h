// What whole files and batches of Parquet have in common.
#pragma once

#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include "formats.h"

namespace mlops::table {

parquet::ReaderProperties parquet_properties(const Reading& reading);

// The schema as the file's writer meant it, and where the top-level columns without nesting lie among the leaves.
struct ParquetLayout {
  std::shared_ptr<arrow::Schema> schema;
  parquet::arrow::SchemaManifest manifest;
};
ParquetLayout parquet_layout(const parquet::FileMetaData& metadata);

// Columns that come as codes into a dictionary.
bool comes_as_dictionary(const arrow::DataType& type);

}  // namespace mlops::table
