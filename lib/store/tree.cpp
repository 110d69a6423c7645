#include "store/tree.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "store/bytes.h"
#include "store/format.h"

namespace mlops::store {
namespace {

constexpr char k_version = 1;

std::string check_entry(const TreeEntry& entry) {
  if (!valid_name(entry.name)) return "the name \"" + printable(entry.name) + "\" can't stand in a tree";
  if (entry.mode != Mode::directory && entry.files != 1)
    return "\"" + printable(entry.name) + "\" counts more than one file";
  return {};
}

bool is_path(const TreeEntry& entry) { return entry.mode == Mode::link || entry.mode == Mode::directory; }

// Two names that fold to one, of which one is a link or a directory, could lead a write somewhere else.
std::string check_folds(const Tree& entries) {
  std::unordered_set<std::string> paths;
  for (const auto& entry : entries)
    if (is_path(entry) && !paths.insert(fold_name(entry.name)).second)
      return "\"" + printable(entry.name) + "\" and another name differ only in letter case";
  if (paths.empty()) return {};
  for (const auto& entry : entries)
    if (!is_path(entry) && paths.contains(fold_name(entry.name)))
      return "\"" + printable(entry.name) + "\" and a directory or link differ only in letter case";
  return {};
}

void append_entry(std::string& out, const TreeEntry& entry) {
  out.push_back(static_cast<char>(entry.mode));
  append_integer(out, static_cast<std::uint16_t>(entry.name.size()));
  out += entry.name;
  append_id(out, entry.id);
  append_integer(out, entry.size);
  if (entry.mode == Mode::directory) append_integer(out, entry.files);
}

Mode take_mode(Cursor& cursor) {
  const auto mode = cursor.integer<std::uint8_t>();
  if (mode < static_cast<int>(Mode::file) || mode > static_cast<int>(Mode::directory))
    cursor.refuse("an entry has an unknown mode");
  return static_cast<Mode>(mode);
}

TreeEntry take_entry(Cursor& cursor) {
  TreeEntry entry;
  entry.mode = take_mode(cursor);
  entry.name = cursor.take(cursor.integer<std::uint16_t>());
  entry.id = cursor.id();
  entry.size = cursor.integer<std::uint64_t>();
  if (entry.mode == Mode::directory) entry.files = cursor.integer<std::uint64_t>();
  return entry;
}

}  // namespace

const char* to_text(Kind kind) {
  switch (kind) {
    case Kind::chunk:
      return "chunk";
    case Kind::file:
      return "file";
    case Kind::tree:
      return "tree";
    case Kind::record:
      return "record";
  }
  return "object";
}

bool valid_name(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > 4096) return false;
  if (name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) return false;
  if (name.find('.') == std::string_view::npos && is_ascii(name)) return true;
  const std::string folded = fold_name(name);
  return folded != ".git" && folded != ".mlops";
}

std::string fold_name(std::string_view name) { return fold_case(name); }

// Only leading `..` may stand in a target: behind a name, which may be a link itself, they would lead elsewhere.
bool target_stays_inside(std::string_view target, std::size_t depth) {
  if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos) return false;
  bool descended = false;
  for (const auto& part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (descended || depth == 0) return false;
      --depth;
    } else {
      if (!valid_name(part)) return false;
      descended = true;
    }
  }
  return true;
}

std::string encode_tree(Tree entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string out{static_cast<char>(Kind::tree), k_version};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (const auto wrong = check_entry(entries[i]); !wrong.empty()) throw input_error(wrong);
    if (i > 0 && entries[i - 1].name == entries[i].name)
      throw input_error("the name \"" + printable(entries[i].name) + "\" stands twice in a tree");
    append_entry(out, entries[i]);
  }
  if (out.size() > k_object_maximum)
    throw input_error("a directory has more names than a tree can hold", "split it into several");
  if (const auto wrong = check_folds(entries); !wrong.empty())
    throw input_error(wrong, "rename one of them: on some file systems they are one");
  return out;
}

Tree decode_tree(std::string_view encoded) {
  Cursor cursor(encoded, "a tree");
  if (cursor.integer<char>() != static_cast<char>(Kind::tree)) cursor.refuse("it is no tree");
  if (cursor.integer<char>() != k_version) cursor.refuse("it is of an unknown version");
  Tree tree;
  while (!cursor.at_end()) {
    TreeEntry entry = take_entry(cursor);
    if (const auto wrong = check_entry(entry); !wrong.empty()) cursor.refuse(wrong);
    if (!tree.empty() && tree.back().name >= entry.name) cursor.refuse("its names are not in order");
    tree.push_back(std::move(entry));
  }
  if (const auto wrong = check_folds(tree); !wrong.empty()) cursor.refuse(wrong);
  return tree;
}

}  // namespace mlops::store
