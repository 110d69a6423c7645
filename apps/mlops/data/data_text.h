// How versions of data are shown by the data commands, and what several of them take.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "data/diff.h"
#include "data/worktree.h"
#include "output.h"

namespace mlops {

// The word of --link, or, where it is empty, what the configuration says.
store::Link link_policy(const data::Repository& repository, const std::string& word);
// "data/" for a directory, "a.csv" for a file.
std::string shown_path(const std::string& path, const store::ObjectRef& object);
// "4,812 files, 1.4 GiB" for a tree, "1.4 GiB" for a file. Plain digits where stdout is no terminal.
std::string shown_amount(const Output& out, const store::ObjectRef& object);
const char* mode_name(store::Mode mode);
// Adds `path` and, where it is not UTF-8, `path_base64`.
void put_path(Json& json, const std::string& path);
Json to_json(const data::Change& change);
// Of a repository without data, with the next step.
void note_nothing_versioned(Output& out);
// "1 file", "12 files".
std::string count_files(std::uint64_t files);
// Names files that a restore left where they are.
void note_stays(Output& out, const std::vector<std::string>& paths);
// Says what a restore of `path` kept aside (and how it comes back), left where it is and could not keep.
void note_restored(Output& out, const std::string& path, const data::Restored& restored);
// A version of `path` that nothing names any more.
void note_kept(Output& out, const std::string& path, const store::ObjectRef& object);
// Of those of the versioned `paths` that git add would take itself, with the way to mend it.
void warn_open_to_git(Output& out, const data::Repository& repository, const std::vector<std::string>& paths);
// Once all else is done: throws the first of them, and warns of the others.
void end_with(Output& out, const std::map<std::string, Error>& broken);
// The line of a change: "~ data/a.csv  1.2 KiB → 1.3 KiB".
std::vector<Text> change_row(const data::Change& change);

}  // namespace mlops
