// Files that are packs of their own (plain packs): copied, cloned or linked into a work tree without being put together
// from chunks. Nothing comes out unverified.
#pragma once

#include <optional>

#include "store/link.h"
#include "store/store.h"

namespace mlops::store {

// Smaller files are never packs of their own.
inline constexpr std::uint64_t k_plain_minimum = 1 << 20;

// How the writer of Store::writer() takes in large files; Link::automatic unless told.
void set_link(Writer& writer, Link link);

// Writes the whole file to a new, empty file: shares the pack's blocks where the file system can (and `link` is not
// copy), else copies. False where the file is no plain pack, or that is damaged: then nothing stands in `to`, which is
// at its start, and the chunks are to be asked.
bool write_plain(const Store& store, const Id& file, int to, Link link);

// The pack that is this file, verified and read-only, for a link to it. Nothing where there is none that may be linked:
// it belongs to another user, or is damaged. After hard links were made, call note_links.
std::optional<fs::path> linkable_pack(const Store& store, const Id& file);
void note_links(const Store& store, const std::vector<fs::path>& packs);

// The file that a path is, where it is a plain pack of this store and still looks as when it was verified (or is
// verified now).
struct PackedFile {
  Id file;
  bool whole = false;  // false: it is changed; its bytes are to be read
};
std::optional<PackedFile> packed_file(const Store& store, const fs::path& path);

}  // namespace mlops::store
