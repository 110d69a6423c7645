// Texts that filters of git put into commits in the place of files: git-lfs, git-annex and git-crypt do. Where one
// stands for a pointer or an mlops.lock, the versions that this names are not in git itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/worktree.h"

namespace mlops::data {

// Whose text it is ("git-lfs"), "" for any other.
std::string_view stands_in(std::string_view text);

// What the text stands for, as git-lfs has it beside the work tree `root`; nullopt where it stands for nothing else.
// Throws Error(state) naming `file` where that is not here or can't be read.
std::optional<std::string> stood_for(const fs::path& root, const std::string& file, std::string_view text);
// A pointer that stands, or is stood for, in a commit; `name` for messages ("HEAD~1:data.mlops").
Pointer committed_pointer(const Repository& repository, const std::string& text, const std::string& name);

}  // namespace mlops::data
