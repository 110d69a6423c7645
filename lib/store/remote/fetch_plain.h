// Fetching a whole file that is a plain pack on the remote (pack_index.h): it becomes one here, too.
#pragma once

#include <functional>

#include "store/recipe.h"
#include "store/remote/fetch.h"
#include "store/store_writer.h"

namespace mlops::store {

// Fetches the file's pack, range by range, verifies every chunk and the whole, and puts it and its recipe into
// `writer`. What a cut left is taken up again. False, and nothing put, where somebody else is fetching the same file
// here. Throws Error(state) where the bytes are not the file's.
bool fetch_plain(StoreWriter& writer, const Layout& layout, const Remote& remote, const Id& pack, const Recipe& recipe,
                 const TransferOptions& options);

}  // namespace mlops::store
