#include "exchange/remote_place.h"

#include <algorithm>

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/worktree.h"
#include "store/remote/remote.h"

namespace mlops::exchange {
namespace {

constexpr std::string_view k_schemes[] = {"s3", "ssh", "http", "https", "file"};
constexpr std::string_view k_folders[] = {"packs", "journal", "listing", "condemned", "pushes"};

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// "host:team/store" → the part before the colon; "" for a path, whose first part has no colon.
std::string before_colon(const std::string& typed) {
  const auto colon = typed.find(':');
  return colon == std::string::npos || typed.find('/') < colon ? "" : typed.substr(0, colon);
}

void refuse_spelling(const std::string& typed) {
  if (typed.find("://") != std::string::npos) return;
  if (typed.starts_with('~'))
    throw usage_error(
        quote(typed) + " begins with ~, which the shell leaves alone in quotes",
        typed.starts_with("~/") ? "\"$HOME" + printable(typed.substr(1)) + "\"" : "the whole path: /home/ana/store");
  const std::string host = before_colon(typed);
  if (host.empty()) return;
  const std::string rest = typed.substr(host.size() + 1);
  if (host.size() == 1 && (rest.starts_with('\\') || rest.starts_with('/')))
    throw usage_error(quote(typed) + " is a path of Windows",
                      "as it is called here: /mnt/" + std::string(1, static_cast<char>(host[0] | 0x20)) + "/store");
  const auto first = std::min(rest.find_first_not_of('/'), rest.size());
  const std::string tail = printable(rest.substr(first));
  const bool scheme = std::find(std::begin(k_schemes), std::end(k_schemes), host) != std::end(k_schemes);
  throw usage_error(quote(typed) + " is no directory's path" + (scheme ? "" : "; it looks like a machine's"),
                    (scheme ? host + "://" : "ssh://" + printable(host) + "/") + tail +
                        "   (a directory of that name: ./" + printable(typed) + ")");
}

bool is_within(const fs::path& path, const fs::path& above) {
  const auto [end, rest] = std::mismatch(above.begin(), above.end(), path.begin(), path.end());
  return end == above.end();
}

fs::path real(const fs::path& path) {
  std::error_code problem;
  const fs::path out = fs::weakly_canonical(path, problem);
  return problem ? path : out;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A folder of the remote is there, or nothing but hidden names and what file systems keep for themselves.
void refuse_strangers(const fs::path& path) {
  if (!is_there(path)) return;
  std::error_code problem;
  if (!fs::is_directory(path, problem))
    throw state_error(quote(path.string()) + " is no directory", "another one, which may be new");
  for (const auto folder : k_folders)
    if (is_there(path / folder)) return;
  for (fs::directory_iterator at(path, problem), end; !problem && at != end; at.increment(problem)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with('.') && name != "lost+found")
      throw state_error(quote(path.string()) + " holds something else than a remote's files: " + quote(name),
                        "a directory of its own: " + shell_word((path / "store").string()));
  }
}

void refuse_work_trees(const data::Repository& repository, const std::string& typed, const fs::path& path) {
  const fs::path root = real(repository.root()), state = real(repository.state());
  const std::string hint =
      "a directory beside it, which all clones push to: " + shell_word((root.parent_path() / "store").string());
  const auto parts = [&](const char* name) { return std::find(path.begin(), path.end(), name) != path.end(); };
  if (path == root || is_within(root, path)) throw usage_error(quote(typed) + " is this work tree, or holds it", hint);
  if (is_within(path, state) || parts(".mlops") || parts(".git"))
    throw usage_error(quote(typed) + " is a part of a repository's own state", hint);
  if (is_there(path / ".mlops") || is_there(path / ".git"))
    throw usage_error(quote(typed) + " is another clone's work tree", hint);
  for (const auto& tracked : data::tracked_paths(repository))
    if (is_within(path, root / tracked))
      throw usage_error(quote(typed) + " is versioned by mlops, as " + quote(tracked), hint);
}

// "" for another kind.
fs::path directory_of(const std::string& url) {
  const std::string kept = store::check_remote_url(url);
  return kept.find("://") == std::string::npos ? fs::path(kept) : fs::path();
}

fs::path without_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

Error not_there(const fs::path& path, const std::string& hint) {
  return outside_error(printable(path.string()) + " is not there (not mounted?)", hint);
}

}  // namespace

void refuse_place(const data::Repository& repository, const std::string& typed) {
  refuse_spelling(typed);
  const fs::path path = without_slash(directory_of(typed));
  if (path.empty()) return;
  refuse_work_trees(repository, typed, real(path));
  refuse_strangers(path);
}

void require_to_read(const std::string& url) {
  const fs::path path = directory_of(url);
  if (!path.empty() && !is_there(path))
    throw not_there(path, "mount it, or mlops remote list shows whether the address is right; the first push makes it");
}

void require_to_push(const std::string& url) {
  const fs::path path = without_slash(directory_of(url));
  if (path.empty()) return;
  if (!is_there(path) && !is_there(path.parent_path()))
    throw not_there(path, "mount it; where it is to be a new one: mkdir -p " + shell_word(path.string()));
  refuse_strangers(path);
}

}  // namespace mlops::exchange
