// Files that decide what is asked, or what runs in a CI system: a branch that edits them is told so, and refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ci/gate.h"

namespace mlops::ci {

// "docs/*.md" fits "docs/a.md", "schemas" and "schemas/" all that lies below; `*` stands for any text without a slash.
bool fits(std::string_view pattern, std::string_view path);

struct ProtectedEdit {
  std::string path;  // of git; "mlops.yaml gates" for the gates alone
  std::string why;   // what it decides
};
// What the branch has changed of them. Where the target has a file not yet (the first charter), it is no edit.
std::vector<ProtectedEdit> protected_edits(const Branch& branch, const Rules& rules);

}  // namespace mlops::ci
