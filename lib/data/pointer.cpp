// Pointer files, PATH.mlops, and the .gitignore lines beside them (share/doc/formats.md).
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "data/beneath.h"
#include "data/pointer_text.h"
#include "data/stand_in.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_ignore_limit = 8 << 20;
constexpr std::array<std::string_view, 5> k_own_keys{"mlops", "tree", "file", "size", "files"};

std::uint64_t count_of(const YamlNode& root, const char* key, std::uint64_t fallback, const std::string& text,
                       const std::string& name) {
  const YamlNode* node = root.find(key);
  if (node == nullptr) return fallback;
  const Json value = to_json(*node);
  if (!value.is_number_unsigned() && !(value.is_number_integer() && value.get<std::int64_t>() >= 0))
    throw yaml_error(*node, text, name, std::string("\"") + key + "\" is no number of things");
  return value.get<std::uint64_t>();
}

// A clone without git-lfs, or one whose objects were not fetched, has it in the work tree.
void refuse_stand_in(const std::string& text, const std::string& name) {
  const auto tool = stands_in(text);
  if (tool.empty()) return;
  throw input_error(name + " is no pointer file, but a text of " + std::string(tool) + " that stands for one",
                    tool == "git-lfs" ? "git lfs pull" : "mlops data add -h   tells how git keeps pointers as they are")
      .at(name, 1);
}

void check_version(const YamlNode& root, const std::string& text, const std::string& name) {
  const YamlNode* version = root.is_map() ? root.find("mlops") : nullptr;
  if (version == nullptr)
    throw input_error(name + " is no pointer file: it does not begin with \"mlops: 1\"").at(name, 1);
  if (version->text != "1")
    throw yaml_error(*version, text, name,
                     "this pointer is of version " + printable(version->text) + ", this program knows version 1",
                     "use a newer mlops");
}

Error conflict(const std::string& text, const std::string& name) {
  if (text.find(k_not_merged) != std::string::npos)
    return input_error(name + " has a merge conflict, and its sides are not merged: each lacks what the other has",
                       "mlops pull --trees brings what a merge needs; then git checkout -m -- " + printable(name) +
                           " merges them")
        .at(name, 1);
  return input_error(name + " has a merge conflict",
                     "keep the lines of one side, without the markers; mlops data checkout " +
                         printable(name.substr(0, name.size() - std::min<std::size_t>(name.size(), 6))))
      .at(name, 1);
}

// As a line of .gitignore: what would be a pattern stands for itself; for a newline, which can't stand there, any one
// character.
std::string ignore_line(const std::string& name) {
  std::string out = "/";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool special =
        std::string_view("\\*?[").find(name[i]) != std::string_view::npos || (name[i] == ' ' && i + 1 == name.size());
    if (special) out.push_back('\\');
    out.push_back(name[i] == '\n' ? '?' : name[i]);
  }
  return out;
}

// Git writes \r\n where core.autocrlf says so.
std::string without_return(const std::string& line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

std::string foreign_lines(const std::string& text) {
  std::string out;
  bool keep = false;
  auto lines = split(text, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const auto& line : lines) {
    const bool top = !line.empty() && line.front() != ' ' && line.front() != '\t' && line.front() != '-';
    if (top)
      keep = std::find(k_own_keys.begin(), k_own_keys.end(), std::string_view(line).substr(0, line.find(':'))) ==
             k_own_keys.end();
    if (keep) out += line + "\n";
  }
  return out;
}

std::string pointer_text(const ObjectRef& object, const std::string& before) {
  return "mlops: 1\n" + std::string(object.kind == store::Kind::tree ? "tree: " : "file: ") + object.id.hex() +
         "\nsize: " + std::to_string(object.size) + "\nfiles: " + std::to_string(object.files) + "\n" +
         foreign_lines(before);
}

Pointer parse_pointer(const std::string& text, const std::string& name) {
  if (text.starts_with("<<<<<<<") || text.find("\n<<<<<<<") != std::string::npos) throw conflict(text, name);
  refuse_stand_in(text, name);
  const YamlNode root = parse_yaml(text, name);
  check_version(root, text, name);
  const YamlNode *tree = root.find("tree"), *file = root.find("file");
  if ((tree == nullptr) == (file == nullptr))
    throw input_error(name + " needs \"tree\" or \"file\", one of them").at(name, 1);
  const YamlNode& node = tree != nullptr ? *tree : *file;
  const auto id = Id::from_hex(node.text);
  if (!id) throw yaml_error(node, text, name, "this is no SHA-256 in 64 lower-case hexadecimal digits");
  Pointer pointer{{tree != nullptr ? store::Kind::tree : store::Kind::file, *id, 0, 1}, text};
  pointer.object.size = count_of(root, "size", 0, text, name);
  pointer.object.files = count_of(root, "files", 1, text, name);
  return pointer;
}

std::optional<Pointer> read_pointer(const Repository& repository, const std::string& path) {
  const auto text = Beneath(repository.root()).read(path + ".mlops");
  if (!text) return std::nullopt;
  return parse_pointer(*text, path + ".mlops");
}

void write_pointer(const Repository& repository, const std::string& path, const ObjectRef& object,
                   const std::optional<Pointer>& before) {
  const std::string text = before ? before->text : "";
  write_pointer_text(repository, path, pointer_text(object, text), text);
}

void write_pointer_text(const Repository& repository, const std::string& path, const std::string& text,
                        const std::string& before) {
  check_path(path);
  const FileLock lock(repository.lock_file());
  const Beneath root(repository.root());
  const std::string now = root.read(path + ".mlops").value_or("");
  if (now == text) return;
  if (now != before)
    throw state_error("\"" + printable(path) + "\" got another version meanwhile, by git or another process",
                      "run the command again");
  root.replace(path + ".mlops", text);
}

void ignore_in_git(const Repository& repository, const std::string& path) {
  ignore_in_git(repository, std::vector{path});
}

void ignore_in_git(const Repository& repository, const std::vector<std::string>& paths) {
  std::map<std::string, std::vector<std::string>> wanted;  // lines, by directory
  for (const auto& path : paths) wanted[split_path(path).first].push_back(ignore_line(split_path(path).second));
  const FileLock lock(repository.lock_file());
  const Beneath root(repository.root());
  for (const auto& [directory, lines] : wanted) {
    const std::string file = join_path(directory, ".gitignore");
    const std::string before = root.read(file, k_ignore_limit).value_or("");
    std::string text = before;
    std::set<std::string> there;
    for (const auto& line : split(before, '\n')) there.insert(without_return(line));
    for (const auto& line : lines) {
      if (!there.insert(line).second) continue;
      if (!text.empty() && text.back() != '\n') text += '\n';
      text += line + "\n";
    }
    if (text != before) root.replace(file, text);
  }
}

void unignore_in_git(const Repository& repository, const std::string& path) {
  const auto [directory, name] = split_path(path);
  const std::string line = ignore_line(name), file = join_path(directory, ".gitignore");
  const FileLock lock(repository.lock_file());
  const Beneath root(repository.root());
  const auto text = root.read(file, k_ignore_limit);
  if (!text) return;
  auto lines = split(*text, '\n');
  if (std::erase_if(lines, [&](const std::string& one) { return without_return(one) == line; }) == 0) return;
  const std::string rest = join(lines, "\n");
  if (trim(rest).empty())
    root.remove_file(file);
  else
    root.replace(file, rest);
}

}  // namespace mlops::data
