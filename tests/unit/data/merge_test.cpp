#include "data/merge.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "data/beneath.h"
#include "empty_project.h"

using namespace mlops;
using namespace mlops::data;

namespace {

using Files = std::map<std::string, std::string>;

struct Project : EmptyProject {
  ObjectRef version(const Files& files) {
    fs::remove_all(root / "d");
    fs::create_directories(root / "d");
    for (const auto& [path, text] : files) {
      fs::create_directories((root / "d" / path).parent_path());
      replace_file(root / "d" / path, text, 0644, false);
    }
    return snapshot(*repository, "d").object;
  }

  void list(const Id& tree, const std::string& below, Files& out) {
    for (const auto& entry : store::decode_tree(repository->store().get(store::Kind::tree, tree))) {
      const std::string path = join_path(below, entry.name);
      if (entry.mode == store::Mode::directory)
        list(entry.id, path, out);
      else
        out[path] = repository->store().read_whole_file(entry.id);
    }
  }
  Files files(const ObjectRef& version) {
    Files out;
    list(version.id, "", out);
    return out;
  }
};

std::string at(const Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? "" : found->second;
}

// Path by path; `clash` where a file and a directory would have one name.
struct Expected {
  Files ours, theirs;
  std::size_t conflicts = 0;
  bool clash = false;
};

Expected merge_by_path(const Files& base, const Files& ours, const Files& theirs) {
  Expected out;
  Files all = base;
  all.insert(ours.begin(), ours.end());
  all.insert(theirs.begin(), theirs.end());
  for (const auto& [path, ignored] : all) {
    const std::string b = at(base, path), o = at(ours, path), t = at(theirs, path);
    const bool conflict = o != t && b != o && b != t;
    out.conflicts += conflict ? 1 : 0;
    const std::string taken = b == o ? t : o;
    if (const auto text = conflict ? o : taken; !text.empty()) out.ours[path] = text;
    if (const auto text = conflict ? t : taken; !text.empty()) out.theirs[path] = text;
  }
  for (const auto* side : {&out.ours, &out.theirs})
    for (const auto& [path, ignored] : *side)
      for (const auto& [other, also] : *side) out.clash = out.clash || other.starts_with(path + "/");
  for (const auto& [path, ignored] : out.ours)
    for (const auto& [other, also] : out.theirs)
      out.clash = out.clash || other.starts_with(path + "/") || path.starts_with(other + "/");
  return out;
}

// A few names on two levels; never a file and a directory of one name.
Files edited(Files files, std::mt19937& random, int edits) {
  static const std::vector<std::string> k_paths{"a", "b", "a/x", "a/y", "b/x", "c/x", "c/y/z", "c/y", "e"};
  for (int i = 0; i < edits; ++i) {
    const std::string path = k_paths[random() % k_paths.size()];
    if (random() % 3 == 0) {
      files.erase(path);
      continue;
    }
    std::erase_if(files, [&](const auto& file) {
      return file.first.starts_with(path + "/") || path.starts_with(file.first + "/");
    });
    files[path] = std::to_string(random() % 3 + 1);
  }
  return files;
}

}  // namespace

TEST_CASE("random three-way merges agree with one path by path") {
  Project project;
  std::mt19937 random(11);
  int clean = 0, conflicted = 0;
  for (int round = 0; round < 400; ++round) {
    const Files base = edited({}, random, 6), ours = edited(base, random, 1 + static_cast<int>(random() % 3)),
                theirs = edited(base, random, 1 + static_cast<int>(random() % 3));
    const Expected expected = merge_by_path(base, ours, theirs);
    TreeEdit edit(*project.repository, "d");
    const auto b = project.version(base), o = project.version(ours), t = project.version(theirs);
    const auto merged = merge_versions(edit, b, o, t, "d"), mirrored = merge_versions(edit, b, t, o, "d");
    INFO(round);
    CHECK(merged.conflicts.empty() == (expected.conflicts == 0 && !expected.clash));
    CHECK(merged.with_ours.id == mirrored.with_theirs.id);
    CHECK(merged.with_theirs.id == mirrored.with_ours.id);
    if (expected.clash) continue;
    CHECK(merged.conflicts.size() == expected.conflicts);
    CHECK(project.files(merged.with_ours) == expected.ours);
    CHECK(project.files(merged.with_theirs) == expected.theirs);
    (merged.conflicts.empty() ? clean : conflicted) += 1;
  }
  CHECK(clean > 50);
  CHECK(conflicted > 20);
}

TEST_CASE("a merge without an ancestor joins what is new on both sides") {
  Project project;
  TreeEdit edit(*project.repository, "d");
  const auto o = project.version({{"a", "1"}, {"both", "1"}}), t = project.version({{"b", "1"}, {"both", "1"}});
  const auto merged = merge_versions(edit, std::nullopt, o, t, "d");
  CHECK(merged.conflicts.empty());
  CHECK(project.files(merged.with_ours) == Files{{"a", "1"}, {"b", "1"}, {"both", "1"}});
}

TEST_CASE("keys of others merge as one block") {
  Project project;
  TreeEdit edit(*project.repository, "d");
  const std::string id = project.version({{"a", "1"}}).id.hex();
  const std::string plain = "mlops: 1\ntree: " + id + "\nsize: 1\nfiles: 1\n";
  const auto merged = merge_pointers(edit, plain, plain + "note: x\n", plain, "d", 7);
  CHECK(merged.clean);
  CHECK(merged.text == plain + "note: x\n");
  const auto both = merge_pointers(edit, plain, plain + "note: x\n", plain + "note: y\n", "d", 9);
  CHECK(!both.clean);
  CHECK(both.text == "<<<<<<<<< ours\n" + plain + "note: x\n=========\n" + plain + "note: y\n>>>>>>>>> theirs\n");
  CHECK_THROWS_AS(merge_pointers(edit, plain, "junk", plain, "d", 7), Error);
  CHECK_THROWS_AS(merge_pointers(edit, plain, both.text, plain, "d", 7), Error);
}
