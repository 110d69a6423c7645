// Sorted sets and maps whose keys are paths relative to the root: what stands at, above or below a path in them. Bytes
// sort so that all below "d" stands together, from "d/" on.
#pragma once

#include <string>

#include "data/beneath.h"

namespace mlops::data {

template <class Entry>
const std::string& path_of(const Entry& entry) {
  if constexpr (requires { entry.first; })
    return entry.first;
  else
    return entry;
}

// `path` itself, or the nearest directory above it ("" is the root); end() where neither is there.
template <class Paths>
auto nearest(Paths& paths, std::string path) {
  for (;; path = split_path(path).first)
    if (const auto found = paths.find(path); found != paths.end() || path.empty()) return found;
}

// The first that lies in the directory `path`; end() where none does.
template <class Paths>
auto first_below(Paths& paths, const std::string& path) {
  const std::string below = path + "/";
  const auto found = paths.lower_bound(below);
  return found != paths.end() && path_of(*found).starts_with(below) ? found : paths.end();
}

// Whether one of them is `path`, holds it or lies in it.
template <class Paths>
bool meets(const Paths& paths, const std::string& path) {
  return nearest(paths, path) != paths.end() || first_below(paths, path) != paths.end();
}

// `path` goes, and all that lies in it.
template <class Paths>
void erase_subtree(Paths& paths, const std::string& path) {
  paths.erase(path);
  for (auto at = first_below(paths, path); at != paths.end(); at = first_below(paths, path)) paths.erase(at);
}

}  // namespace mlops::data
