// The text of a pointer file (share/doc/formats.md).
#pragma once

#include <string>
#include <string_view>

#include "data/worktree.h"

namespace mlops::data {

// Stands behind the names of the sides in a pointer whose sides could not be merged: there, unlike after a merge with
// conflicts, each side lacks all that the other one did.
inline constexpr std::string_view k_not_merged = ", not merged (mlops pull --trees)";

// The lines of keys that are not a pointer's own, with what is indented below them.
std::string foreign_lines(const std::string& text);
// Our lines for the object, then the foreign lines of `before`.
std::string pointer_text(const ObjectRef& object, const std::string& before);

// PATH.mlops with exactly this text, in the place of the text `before` ("" = there was none). Throws Error(state) where
// another one stands there by now.
void write_pointer_text(const Repository& repository, const std::string& path, const std::string& text,
                        const std::string& before);

}  // namespace mlops::data
