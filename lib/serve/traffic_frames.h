// The segment file of the traffic log: frames of a length (u32), a CRC-32 (u32) and as many bytes. The first holds a
// JSON object about the model version, each other one call. A torn last frame is where a process was killed: what is
// before it counts. Little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "serve/call.h"

namespace mlops::serve {

// What the first frame says, as a model without a session: name, version, record, signature, interface.
std::string segment_header(const Model& model);

// One call as a frame, appended to `out`. Tensors of more than two dimensions or over a mebibyte are left out.
void append_call(std::string& out, const Call& call);

// Calls visit for each call in the file. Returns the model of the first frame; nullptr when that is missing or damaged.
std::shared_ptr<Model> read_segment(const std::filesystem::path& file, const std::function<void(const Call&)>& visit);

// Rows of a call: the first dimension of its first input.
std::int64_t rows_of(const Call& call);

}  // namespace mlops::serve
