#include "code/module-git/work_trees.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/text.h"

namespace mlops::code {
namespace {

constexpr std::uint64_t k_limit = std::uint64_t{1} << 30;  // bytes of a reflog

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw state_error(
      "\"" + printable(file.string()) + "\", which says what a git work tree needs, can't be read: " + why,
      "make it readable, or git worktree remove (or prune) the work tree that it is of");
}

// nullopt where there is none.
std::optional<std::string> read(const fs::path& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (error) fail(file, error.message());
  try {
    return read_file(file, k_limit);
  } catch (const Error& problem) {
    fail(file, problem.message());
  }
}

bool parse(std::string_view text, git_oid& id) {
  return text.size() >= GIT_OID_HEXSZ && git_oid_fromstrn(&id, text.data(), GIT_OID_HEXSZ) == 0 &&
         git_oid_is_zero(&id) == 0;
}

// Each line that begins with a commit; "ref: refs/heads/main" is known from the refs.
void add_lines(const fs::path& file, std::vector<git_oid>& out) {
  const auto text = read(file);
  if (!text) return;
  git_oid id{};
  for (const auto& line : split(*text, '\n'))
    if (parse(line, id)) out.push_back(id);
}

void add_head(const fs::path& file, std::vector<git_oid>& out) {
  const auto text = read(file);
  git_oid id{};
  if (text && !text->starts_with("ref: ") && !parse(*text, id)) fail(file, "it names no branch and no commit");
  add_lines(file, out);
}

// "OLD NEW who when what"
void add_log(const fs::path& file, std::vector<git_oid>& out) {
  const auto text = read(file);
  if (!text) return;
  git_oid id{};
  for (const auto& line : split(*text, '\n')) {
    if (parse(line, id)) out.push_back(id);
    if (line.size() > GIT_OID_HEXSZ && parse(std::string_view(line).substr(GIT_OID_HEXSZ + 1), id)) out.push_back(id);
  }
}

template <class Visit>
void for_each_file(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  if (error == std::errc::no_such_file_or_directory) return;
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error))
    if (at->is_regular_file()) visit(at->path());
  if (error) fail(folder, error.message());
}

// Refs beside HEAD, as git tells them from other files (gitglossary: pseudoref), and the commit that a bisection began
// at: MERGE_HEAD, ORIG_HEAD, AUTO_MERGE, MERGE_AUTOSTASH and whatever else ends in _HEAD.
bool is_root_ref(std::string_view name) {
  constexpr std::array<std::string_view, 5> k_others{"AUTO_MERGE", "BISECT_EXPECTED_REV", "BISECT_START",
                                                     "MERGE_AUTOSTASH", "NOTES_MERGE_PARTIAL"};
  if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != std::string_view::npos) return false;
  return name.ends_with("_HEAD") || std::find(k_others.begin(), k_others.end(), name) != k_others.end();
}

std::vector<fs::path> root_refs(const fs::path& folder) {
  std::vector<fs::path> out;
  try {
    out = entries_of(folder);
  } catch (const Error& error) {
    fail(folder, error.message());
  }
  std::erase_if(out, [](const fs::path& file) { return !is_root_ref(file.filename().string()); });
  return out;
}

}  // namespace

std::vector<fs::path> work_tree_folders(const fs::path& common) {
  std::vector<fs::path> out;
  std::error_code error;
  fs::directory_iterator at(common / "worktrees", error);
  if (error && error != std::errc::no_such_file_or_directory) fail(common / "worktrees", error.message());
  for (; !error && at != fs::directory_iterator(); at.increment(error)) out.push_back(at->path());
  std::sort(out.begin(), out.end());
  out.insert(out.begin(), common);
  return out;
}

Git::WorkTree linked_work_tree(const fs::path& folder) {
  const std::string link(trim(read(folder / "gitdir").value_or("")));
  Git::WorkTree out;
  out.git_folder = folder;
  if (!link.empty()) out.path = (folder / link).lexically_normal().parent_path();
  out.locked = read(folder / "locked").has_value();
  return out;
}

std::vector<git_oid> heads_of(const fs::path& folder, bool common) {
  std::vector<git_oid> out;
  add_head(folder / "HEAD", out);
  for (const auto& file : root_refs(folder)) add_lines(file, out);
  for (const char* state : {"rebase-merge", "rebase-apply"})
    for (const char* name : {"orig-head", "onto", "autostash", "amend", "stopped-sha", "squash-onto", "abort-safety"})
      add_lines(folder / state / name, out);
  for (const char* name : {"head", "abort-safety"}) add_lines(folder / "sequencer" / name, out);
  if (!common)
    for_each_file(folder / "refs", [&](const fs::path& file) { add_lines(file, out); });  // bisect, worktree, rewritten
  return out;
}

std::vector<git_oid> autostashes_of(const fs::path& folder) {
  std::vector<git_oid> out;
  for (const char* name : {"MERGE_AUTOSTASH", "rebase-merge/autostash", "rebase-apply/autostash"})
    add_lines(folder / name, out);
  return out;
}

std::vector<git_oid> logged_of(const fs::path& folder) {
  std::vector<git_oid> out;
  for_each_file(folder / "logs", [&](const fs::path& file) { add_log(file, out); });
  return out;
}

std::vector<git_oid> reflog_of(const fs::path& folder, const char* name) {
  std::vector<git_oid> out;
  add_log(folder / name, out);
  return out;
}

}  // namespace mlops::code
