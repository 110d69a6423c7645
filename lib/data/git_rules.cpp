#include "data/git_rules.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/ignore.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// nullptr also where git ignores the whole work tree, as a repository of dot files above it does: then it has no say in
// it.
std::unique_ptr<code::Git> git_of(const Repository& repository) {
  auto git = code::Git::discover(repository.root());
  if (!git) return nullptr;
  const std::string prefix = git->prefix_of(repository.root());
  return prefix.empty() || !git->is_ignored(prefix.substr(0, prefix.size() - 1)) ? std::move(git) : nullptr;
}

struct Rule {
  std::string file, line;  // relative to git's work tree
  std::string ignored;     // what it matches: the path or a directory above it
};

// The line of one .gitignore that decides about `path`, the last that matches.
std::optional<std::string> line_about(const Beneath& top, const std::string& directory, const std::string& path,
                                      bool is_directory) {
  const auto text = top.read(join_path(directory, ".gitignore"), 8 << 20);
  if (!text) return std::nullopt;
  auto lines = split(*text, '\n');
  std::reverse(lines.begin(), lines.end());
  for (const auto& line : lines)
    if (IgnoreRules(directory, line.starts_with('!') ? line.substr(1) : line, nullptr).ignores(path, is_directory))
      return line;
  return std::nullopt;
}

std::optional<Rule> rule_about(const Beneath& top, const std::string& path, bool is_directory) {
  std::string directory = path;
  do {
    directory = split_path(directory).first;
    const auto line = line_about(top, directory, path, is_directory);
    if (line && line->starts_with('!')) return std::nullopt;
    if (line) return Rule{join_path(directory, ".gitignore"), std::string(trim(*line)), path};
  } while (!directory.empty());
  return std::nullopt;
}

// Git looks from the top down, and into nothing that is ignored. nullopt: .git/info/exclude or the user's own file says
// so.
std::optional<Rule> rule_against(const fs::path& work_tree, const std::string& path) {
  const Beneath top(work_tree);
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (auto rule = rule_about(top, path.substr(0, slash), true)) return rule;
  return rule_about(top, path, false);
}

// Lines that leave out the same data and let the pointers in.
std::string instead_of(const Rule& rule, const std::string& path) {
  if (rule.ignored == path) return "\"!*.mlops\" below it";
  const std::string directory = split_path(rule.file).first;
  const std::string below = "/" + (directory.empty() ? rule.ignored : rule.ignored.substr(directory.size() + 1));
  const bool deep = split_path(path).first != rule.ignored;
  return (deep ? quote(below + "/**") + ", " + quote("!" + below + "/**/") : quote(below + "/*")) +
         " and \"!*.mlops\" in its place";
}

// git-annex takes every file, but leaves what its own rule (annex.largefiles) does not name as it is.
bool takes_texts(code::Git& git, const std::string& filter, const std::string& path) {
  if (filter != "annex") return true;
  const auto set = git.config("annex.largefiles");
  const std::string rule = set ? *set : git.attribute(path, "annex.largefiles").value_or("nothing");
  const auto has = [&](const char* part) { return rule.find(part) != std::string::npos; };
  return rule != "nothing" && rule != "false" && !has("largerthan") && !has("mimeencoding=binary");
}

// Whose lines have the last word about `path`: git's own, else the deepest on its way that set a filter.
fs::path deciding_attributes(code::Git& git, const std::string& path) {
  const auto sets = [](const Beneath& top, const std::string& file) {
    return top.read(file, 8 << 20).value_or("").find("filter=") != std::string::npos;
  };
  const fs::path common = git.common_directory();
  if (sets(Beneath(common), "info/attributes")) return common / "info/attributes";
  const Beneath top(git.work_tree());
  for (std::string directory = split_path(path).first; !directory.empty(); directory = split_path(directory).first)
    if (sets(top, join_path(directory, ".gitattributes"))) return git.work_tree() / directory / ".gitattributes";
  return git.work_tree() / ".gitattributes";
}

bool is_there(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

}  // namespace

GitRules::GitRules(const Repository& repository)
    : repository_(repository), git_(git_of(repository)), prefix_(git_ ? git_->prefix_of(repository.root()) : "") {}

GitRules::~GitRules() = default;

std::vector<std::string> GitRules::files_of_git(const std::string& path) const {
  if (!git_) return {};
  auto found = git_->tracked_below({prefix_ + path});
  std::erase_if(found, [&](const std::string& file) { return !is_there(git_->work_tree() / file); });
  return found;
}

void GitRules::refuse_ignored_pointer(const std::string& path) const {
  const std::string pointer = path + ".mlops", full = prefix_ + pointer;
  if (!git_ || !git_->is_ignored(full) || git_->is_tracked(full)) return;
  const std::string what = "git ignores " + quote(pointer) + ", the pointer that commits must have: ";
  const auto rule = rule_against(git_->work_tree(), full);
  if (!rule)
    throw input_error(what + ".git/info/exclude or core.excludesFile of git's configuration says so",
                      "git check-ignore -v " + printable(pointer) + "   shows the line; take it out");
  throw input_error(
      what + quote(rule->line) + " in " + printable(rule->file) + " says so",
      "take that line out, since mlops adds one for each path that it versions; or have " + instead_of(*rule, full));
}

// Git would have the filter's text, and whoever reads commits without the filter would not find the versions.
void GitRules::refuse_filter(const std::string& path, const std::string& file) const {
  const auto filter = git_->attribute(prefix_ + file, "filter");
  if (!filter || !takes_texts(*git_, *filter, prefix_ + file)) return;
  const fs::path attributes = deciding_attributes(*git_, prefix_ + file).lexically_relative(fs::current_path());
  const std::string pointer = path + ".mlops";
  const std::string again = git_->is_tracked(prefix_ + pointer)
                                ? "   and, once it is added, git add --renormalize " + shell_path(pointer)
                                : "";
  throw input_error("git would put a text of the filter " + quote(*filter) + " in the place of " + quote(file) +
                        ", which commits must have as it is",
                    "printf '%s\\n' '*.mlops -filter merge=mlops' '.gitignore -filter merge=union' >>" +
                        shell_word(attributes.string()) + again);
}

void GitRules::refuse_pointer(const std::string& path) const {
  refuse_ignored_pointer(path);
  if (!git_) return;
  refuse_filter(path, path + ".mlops");
  const std::string directory = split_path(path).first;
  if (unfiltered_.contains(directory)) return;
  refuse_filter(path, join_path(directory, ".gitignore"));
  unfiltered_.insert(directory);
}

void GitRules::refuse_file_of_git(const std::string& path) const {
  constexpr std::array<std::string_view, 3> own{".gitignore", ".gitattributes", ".gitmodules"};
  const std::string name = split_path(path).second;
  if (std::find(own.begin(), own.end(), name) != own.end())
    throw input_error(quote(path) + " is a file of git itself and can't be versioned as data",
                      "git add " + printable(path));
}

void GitRules::refuse_what_git_has(const std::string& path) const {
  refuse_file_of_git(path);
  const auto found = files_of_git(path);
  if (found.empty()) return;
  const std::string more = found.size() > 1 ? " (and " + std::to_string(found.size() - 1) + " more)" : "";
  throw input_error(
      "git has " + quote(found.front()) + more + ", so its bytes would go into every commit beside the pointer",
      "git rm -r --cached " + printable(path) + "   leaves the files here and lets mlops have them");
}

std::size_t GitRules::files_that_git_has(const std::string& path) const { return files_of_git(path).size(); }

void GitRules::mend_ignore_line(const std::string& path) const {
  if (git_ && !git_->is_ignored(prefix_ + path)) ignore_in_git(repository_, path);
}

bool GitRules::lets_in(const std::string& path) const {
  return git_ && !git_->is_ignored(prefix_ + path) && files_of_git(path).empty();
}

namespace {

// The .gitignore files of the work tree, each read once.
class IgnoreFiles {
 public:
  explicit IgnoreFiles(const fs::path& root) : root_(root) {}

  bool ignore(const std::string& path, bool is_directory) {
    const auto rules = rules_of(split_path(path).first);
    return rules && rules->ignores(path, is_directory);
  }

 private:
  using Rules = std::shared_ptr<const IgnoreRules>;

  Rules rules_of(const std::string& directory) {
    if (const auto known = rules_.find(directory); known != rules_.end()) return known->second;
    const Rules above = directory.empty() ? nullptr : rules_of(split_path(directory).first);
    const auto text = root_.read(join_path(directory, ".gitignore"), 8 << 20);
    return rules_[directory] = text ? std::make_shared<const IgnoreRules>(directory, *text, above) : above;
  }

  Beneath root_;
  std::map<std::string, Rules> rules_;
};

}  // namespace

std::vector<std::string> open_to_git(const Repository& repository, const std::vector<std::string>& paths) {
  const Beneath root(repository.root());
  IgnoreFiles files(repository.root());
  std::vector<std::string> out;
  for (const auto& path : paths)
    if (const auto info = root.look(path); info && !files.ignore(path, S_ISDIR(info->st_mode))) out.push_back(path);
  if (out.empty()) return out;
  const GitRules rules(repository);
  std::erase_if(out, [&](const std::string& path) { return !rules.lets_in(path); });
  return out;
}

}  // namespace mlops::data
