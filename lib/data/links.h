// Files of the work tree that are links to packs of the store (store/plain_file.h). They are read-only; an editor that
// writes a new file in their place takes them apart, and what changes them all the same is noticed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/beneath.h"
#include "data/repository.h"
#include "store/link.h"

namespace mlops::data {

// "store.link" of the configuration: auto, copy, hardlink, symlink. Throws Error(input) for another word.
store::Link configured_link(const Repository& repository);

// The pack that a symbolic link with this target, in a directory of the work tree, leads to; empty where it leads
// elsewhere.
fs::path linked_pack(const Repository& repository, const std::string& directory, const std::string& target);

// Puts a link to the version's pack in the place of `path`, whatever stands there, or what `look` says: it is asked
// last, and may throw. nullopt where it can't be linked. The packs of hard links are for store::note_links.
struct PlacedLink {
  FileStat stat;  // all 0 for a symbolic link
  fs::path pack;
};
std::optional<PlacedLink> place_link(Repository& repository, int directory, const std::string& path, const Id& file,
                                     store::Link link, const std::function<Occupant()>& look = {});

// Makes links of the large files at `path` that are in the store as they are, so that their bytes are there once.
// Returns how many it made.
std::size_t link_files(Repository& repository, const std::string& path, store::Link link);
// Makes files of their own of the links at `path`, for a program that will write to them.
std::size_t own_files(Repository& repository, const std::string& path);
// The same of every symbolic link to a pack, in all work trees of the store, versioned or not. Returns their paths.
std::vector<std::string> own_links_to(const Repository& repository, const fs::path& pack);
// One or the other, as `link` says. Returns how many files stand otherwise now.
std::size_t relink_files(Repository& repository, const std::string& path, store::Link link);

// Every file that a symbolic link of a versioned path leads to, with that path. `root`: a work tree of the repository's
// store.
void for_each_linked_file(Repository& repository, const fs::path& root,
                          const std::function<void(const std::string& path, const Id& file)>& visit);

}  // namespace mlops::data
