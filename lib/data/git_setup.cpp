#include "data/git_setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"

namespace mlops::data {
namespace {

constexpr std::array<const char*, 2> k_merged{"*.mlops", "mlops.lock"};  // patterns of .gitattributes
constexpr std::array<const char*, 3> k_hooks{"post-checkout", "post-merge", "pre-push"};
constexpr const char* k_mark = "# Written by mlops init --hooks, which may write it anew.";

// For git's shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool is_in(const fs::path& path, const fs::path& above) {
  const auto below = path.lexically_relative(above);
  return !below.empty() && *below.begin() != "..";
}

// This program by the name under which PATH has it, which an upgrade keeps, else by where it is.
fs::path own_program() {
  const fs::path self = self_path();
  const char* path = std::getenv("PATH");
  std::error_code ignored;
  for (const auto& folder : split(path == nullptr ? "" : path, ':')) {
    const fs::path candidate = fs::path(folder) / "mlops";
    if (candidate.is_absolute() && fs::equivalent(candidate, self, ignored)) return candidate.lexically_normal();
  }
  return self;
}

// Empty where a commit could replace the program, so that git must not be told to run it.
fs::path program_for(const code::Git& git) {
  const fs::path program = own_program();
  return is_in(program, git.work_tree()) || is_in(self_path(), git.work_tree()) ? fs::path() : program;
}

bool set(code::Git& git, const std::string& key, const std::string& value) {
  if (git.config(key) == value) return false;
  git.set_config(key, value);
  return true;
}

// Says something about merging, be it that nothing is to be merged.
bool is_about_merging(const std::string& word) {
  return word == "merge" || word == "-merge" || word == "!merge" || word.starts_with("merge=");
}

bool has_attribute(const std::string& text, const std::string& pattern) {
  const auto lines = split(text, '\n');
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    const auto words = split(line, ' ');
    return words[0] == pattern && std::any_of(words.begin() + 1, words.end(), is_about_merging);
  });
}

bool add_attributes(const fs::path& root) {
  const Beneath files(root);
  const std::string before = files.read(".gitattributes").value_or("");
  std::string text = before;
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const char* pattern : k_merged)
    if (!has_attribute(before, pattern)) text += std::string(pattern) + " merge=mlops\n";
  if (text == before || text == before + "\n") return false;
  files.replace(".gitattributes", text);
  return true;
}

// "" or "./sub": where the work tree of mlops stands in git's.
std::string below_git(const fs::path& root, const code::Git& git) {
  const auto below = root.lexically_relative(git.work_tree());
  return below.empty() || below == "." ? "" : "./" + below.string();
}

std::string call(const std::string& program, const std::string& below, const std::string& hook) {
  return program + (below.empty() ? "" : " --repo " + quoted(below)) + " git hook " + hook + " \"$@\"";
}

std::string hook_text(const std::string& program, const std::string& below, const std::string& hook) {
  std::string out = std::string("#!/bin/sh\n") + k_mark + "\n";
  if (!below.empty()) out += "[ -d " + quoted(below) + " ] || exit 0\n";
  out += "command -v " + program +
         " >/dev/null || { echo 'mlops is not where it was: mlops init --hooks mends this hook' >&2; exit 0; }\n";
  return out + "exec " + call(program, below, hook) + "\n";
}

// The folder of hooks, reached without following links from git's own folder or from the work tree.
struct HookPlace {
  fs::path anchor;
  std::string below;
  bool committed = false;  // in the work tree: other machines run them too
};

HookPlace hook_place(code::Git& git) {
  const fs::path folder = git.hooks_directory();
  if (is_in(folder, git.common_directory()))
    return {git.common_directory(), folder.lexically_relative(git.common_directory()).string(), false};
  if (is_in(folder, git.work_tree()))
    return {git.work_tree(), folder.lexically_relative(git.work_tree()).string(), true};
  throw state_error(
      "git's core.hooksPath is " + printable(folder.string()) + ", which other repositories may share",
      "add to its hooks, by hand: mlops git hook NAME \"$@\"   for post-checkout, post-merge and pre-push");
}

void write_hook(const Beneath& files, const std::string& path, const std::string& text) {
  const auto [folder, name] = split_path(path);
  const Fd directory = files.make_directory(folder);
  NewFile file(directory.get(), path, 0777);
  file.write(std::as_bytes(std::span(text)));
  if (::fsync(file.fd()) != 0) throw system_error("cannot write \"" + printable(path) + "\"", errno);
  file.place(name);
}

}  // namespace

GitSetup set_merge_driver(const fs::path& root) {
  const fs::path absolute = fs::canonical(root);
  const auto git = code::Git::discover(absolute);
  if (!git) return {};
  const fs::path program = program_for(*git);
  if (program.empty())
    return {true, false,
            "git merges pointers as text: mlops lies in the work tree, where a commit can replace it; install it "
            "elsewhere, then mlops init"};
  const std::string driver = quoted(program.string()) + " git merge-driver --marker %L -- %O %A %B %P";
  bool changed = set(*git, "merge.mlops.name", "versions of data, path by path");
  changed = set(*git, "merge.mlops.driver", driver) || changed;
  changed = set(*git, "merge.mlops.recursive", "binary") || changed;
  changed = add_attributes(absolute) || changed;
  return {true, changed, {}};
}

std::vector<std::string> set_hooks(const fs::path& root) {
  const fs::path absolute = fs::canonical(root);
  const auto git = code::Git::discover(absolute);
  if (!git)
    throw state_error(
        "there is no git repository around \"" + printable(absolute.string()) + "\", so there are no hooks",
        "git init");
  const HookPlace place = hook_place(*git);
  const fs::path found = program_for(*git);
  if (found.empty())
    throw state_error("mlops lies in the work tree, where a commit can replace it, so git is not told to run it",
                      "install it elsewhere");
  const std::string program = place.committed ? "mlops" : quoted(found.string()), below = below_git(absolute, *git);
  const Beneath files(place.anchor);
  std::vector<std::string> wanted;
  for (const std::string hook : k_hooks) {
    const auto text = files.read(join_path(place.below, hook));
    if (text == hook_text(program, below, hook)) continue;
    const bool ours = text && text->find(k_mark) != std::string::npos,
               chained = text && text->find("git hook " + hook) != std::string::npos;
    if (chained && !ours) continue;
    if (text && (!ours || !chained || (text->find(" --repo ") != std::string::npos) == below.empty()))
      throw state_error("there is a hook of yours already: " + printable((place.anchor / place.below / hook).string()),
                        "add this line to it, then mlops init --hooks: " + printable(call(program, below, hook)));
    wanted.push_back(hook);
  }
  for (const auto& hook : wanted) write_hook(files, join_path(place.below, hook), hook_text(program, below, hook));
  return wanted;
}

bool lacks_merge_driver(const Repository& repository) {
  const Beneath files(repository.root());
  struct stat info {};
  const fs::path config = repository.root() / ".git" / "config";
  if (::lstat(config.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const auto attributes = files.read(".gitattributes", 1 << 20);
  return attributes && has_attribute(*attributes, k_merged[0]) &&
         read_file(config, 16 << 20).find("[merge \"mlops\"]") == std::string::npos;
}

}  // namespace mlops::data
