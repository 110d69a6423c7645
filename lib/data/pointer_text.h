// The text of a pointer file (share/doc/formats.md).
#pragma once

#include <string>

#include "data/worktree.h"

namespace mlops::data {

// The lines of keys that are not a pointer's own, with what is indented below them.
std::string foreign_lines(const std::string& text);
// Our lines for the object, then the foreign lines of `before`.
std::string pointer_text(const ObjectRef& object, const std::string& before);

// PATH.mlops with exactly this text.
void write_pointer_text(const Repository& repository, const std::string& path, const std::string& text);

}  // namespace mlops::data
