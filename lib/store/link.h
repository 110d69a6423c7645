// How a large file stands in the work tree and in the store at once, where both can.
#pragma once

#include <optional>
#include <string_view>

namespace mlops::store {

// `automatic`: blocks are shared where the file system can (FICLONE), else copied. The others are a user's choice: hard
// and symbolic links make the file read-only, and what can't be linked is copied.
enum class Link { automatic, copy, hardlink, symlink };

inline std::optional<Link> link_of(std::string_view text) {
  if (text == "auto") return Link::automatic;
  if (text == "copy") return Link::copy;
  if (text == "hardlink") return Link::hardlink;
  if (text == "symlink") return Link::symlink;
  return std::nullopt;
}

inline bool links_names(Link link) { return link == Link::hardlink || link == Link::symlink; }

}  // namespace mlops::store
