// Compressed files, which would be read as one column of strange text.
#pragma once

#include <string_view>

#include "table/source.h"

namespace mlops::table {

// "gzip", "zstd", …; "" where the bytes begin like no compressed file.
std::string_view packed_as(std::string_view begin);
// Throws Error(input) where the source is compressed as a whole.
void refuse_packed(const Source& source);

}  // namespace mlops::table
