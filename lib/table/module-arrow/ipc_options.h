// What whole Arrow files and their batches have in common.
#pragma once

#include <arrow/ipc/options.h>

#include "formats.h"

namespace mlops::table {

arrow::ipc::IpcReadOptions ipc_options(const Reading& reading);
// A file ("ARROW1"), else a stream.
bool is_ipc_file(const Reading& reading);

}  // namespace mlops::table
