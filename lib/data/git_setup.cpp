#include "data/git_setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/process.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/git_exclude.h"

namespace mlops::data {
namespace {

// Lines of .gitattributes. Commits must have these files as they are, whatever filter (git-lfs) takes what lies beside
// them. Two branches that version a path each put a line into one place of .gitignore: both are wanted.
constexpr std::array<std::pair<const char*, const char*>, 3> k_attributes{
    {{"*.mlops", "text eol=lf -filter merge=mlops"},
     {"mlops.lock", "text eol=lf -filter merge=mlops"},
     {".gitignore", "-filter merge=union"}}};
constexpr std::array<const char*, 4> k_hooks{"post-checkout", "post-merge", "pre-push", "post-rewrite"};
constexpr const char* k_mark = "# Written by mlops init --hooks, which may write it anew.";

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

// "-merge", "!merge" and "merge=union" all are about "merge".
std::string name_of(const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return name.starts_with('-') || name.starts_with('!') ? name.substr(1) : name;
}

// What the lines of a pattern say something about.
std::set<std::string> settled(const std::string& text, const std::string& pattern) {
  std::set<std::string> out;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words[0] != pattern) continue;
    for (auto word = words.begin() + 1; word != words.end(); ++word) out.insert(name_of(*word));
  }
  return out;
}

// A line with what `before` leaves open about a pattern; "" where that is nothing.
std::string missing_line(const std::string& before, const std::string& pattern, const std::string& wanted) {
  const auto there = settled(before, pattern);
  std::string line;
  for (const auto& word : split(wanted, ' '))
    if (!there.contains(name_of(word))) line += " " + word;
  return line.empty() ? "" : pattern + line + "\n";
}

bool add_attributes(const fs::path& root) {
  const Beneath files(root);
  const std::string before = files.read(".gitattributes").value_or("");
  std::string text = before;
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const auto& [pattern, wanted] : k_attributes) text += missing_line(before, pattern, wanted);
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
  return program + (below.empty() ? "" : " --repo " + shell_quoted(below)) + " git hook " + hook + " \"$@\"";
}

// Git tells these on standard input what it does.
bool reads_input(const std::string& hook) { return hook == "pre-push" || hook == "post-rewrite"; }

// One repository after the other, each with what git says; what one refuses is the answer.
std::string calls(const std::string& program, const std::set<std::string>& repositories, const std::string& hook) {
  std::string out = reads_input(hook) ? "input=$(cat)\nstatus=0\n" : "status=0\n";
  const std::string feed = reads_input(hook) ? "printf '%s\\n' \"$input\" | " : "";
  for (const auto& below : repositories)
    out += (below.empty() ? "" : "[ ! -d " + shell_quoted(below + "/.mlops") + " ] || ") + feed +
           call(program, below, hook) + " || status=$?\n";
  return out + "exit $status\n";
}

// `repositories`: as below_git() names them.
std::string hook_text(const std::string& program, const std::set<std::string>& repositories, const std::string& hook) {
  std::string out = std::string("#!/bin/sh\n") + k_mark + "\n";
  const std::string only = repositories.size() == 1 ? *repositories.begin() : "";
  if (!only.empty()) out += "[ -d " + shell_quoted(only) + " ] || exit 0\n";
  const bool refuses =
      hook == "pre-push" && program != "mlops";  // a hook that is committed runs where mlops may never have been
  const std::string said = refuses ? "mlops is not where it was, so data is not pushed: mlops init --hooks mends this "
                                     "hook, git push --no-verify goes without"
                                   : "mlops is not where it was: mlops init --hooks mends this hook";
  out += "command -v " + program + " >/dev/null || { echo '" + said + "' >&2; exit " + (refuses ? "1" : "0") + "; }\n";
  return out +
         (repositories.size() == 1 ? "exec " + call(program, only, hook) + "\n" : calls(program, repositories, hook));
}

// One word of a shell's line, without its quotes.
std::string first_word(std::string_view text) {
  std::string out;
  bool quote = false;
  for (std::size_t i = 0; i < text.size() && (quote || text[i] != ' '); ++i) {
    if (text[i] == '\'')
      quote = !quote;
    else if (!quote && text[i] == '\\' && i + 1 < text.size())
      out += text[++i];
    else
      out += text[i];
  }
  return out;
}

// Those that a hook runs mlops in, whoever wrote it.
std::set<std::string> repositories_in(const std::string& text, const std::string& hook) {
  constexpr std::string_view option = " --repo ";
  std::set<std::string> out;
  for (const auto& line : split(text, '\n')) {
    if (line.find("git hook " + hook) == std::string::npos || line.starts_with('#')) continue;
    const auto at = line.find(option);
    const std::string below =
        at == std::string::npos ? "" : first_word(std::string_view(line).substr(at + option.size()));
    out.insert(below.empty() || below.starts_with("./") ? below : "./" + below);
  }
  return out;
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
  throw state_error("git's core.hooksPath is " + printable(folder.string()) + ", which other repositories may share",
                    "add to its hooks, by hand: mlops git hook NAME \"$@\"   for post-checkout, post-merge, pre-push "
                    "and post-rewrite");
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
  exclude_from_git(absolute);
  const fs::path program = program_for(*git);
  if (program.empty())
    return {true, false,
            "git merges pointers as text: mlops lies in the work tree, where a commit can replace it; install it "
            "elsewhere, then mlops init"};
  // Where it is gone git would leave our side without a mark, to be committed as if it were both.
  const std::string word = shell_quoted(program.string());
  const std::string driver =
      "if command -v " + word + " >/dev/null; then exec " + word +
      " git merge-driver --marker %L -- %O %A %B %P; else git merge-file --marker-size=%L %A %O %B; fi";
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
  const std::string program = place.committed ? "mlops" : shell_quoted(found.string()),
                    below = below_git(absolute, *git);
  const Beneath files(place.anchor);
  std::vector<std::string> wanted, texts;
  for (const std::string hook : k_hooks) {
    const auto text = files.read(join_path(place.below, hook));
    auto repositories = repositories_in(text.value_or(""), hook);
    const bool ours = text && text->find(k_mark) != std::string::npos, chained = !repositories.empty();
    if (!ours && repositories.contains(below)) continue;
    repositories.insert(below);
    const std::string fresh = hook_text(program, repositories, hook);
    if (text == fresh) continue;
    if (text && (!ours || !chained))
      throw state_error("there is a hook of yours already: " + printable((place.anchor / place.below / hook).string()),
                        "add this line to it, then mlops init --hooks: " + printable(call(program, below, hook)));
    wanted.push_back(hook);
    texts.push_back(fresh);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) write_hook(files, join_path(place.below, wanted[i]), texts[i]);
  return wanted;
}

bool lacks_merge_driver(const Repository& repository) {
  const Beneath files(repository.root());
  struct stat info {};
  const fs::path config = repository.root() / ".git" / "config";
  if (::lstat(config.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const auto attributes = files.read(".gitattributes", 1 << 20);
  return attributes && settled(*attributes, k_attributes[0].first).contains("merge") &&
         read_file(config, 16 << 20).find("[merge \"mlops\"]") == std::string::npos;
}

}  // namespace mlops::data
