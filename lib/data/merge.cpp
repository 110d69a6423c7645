#include "data/merge.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "data/beneath.h"
#include "data/pointer_text.h"

namespace mlops::data {
namespace {

using store::Mode;
using store::Tree;
using store::TreeEntry;
using Place = std::optional<TreeEntry>;

struct Outcome {
  Place with_ours, with_theirs;
};

bool is_directory(const Place& place) { return place && place->mode == Mode::directory; }
bool is_file(const Place& place) { return place && (place->mode == Mode::file || place->mode == Mode::executable); }

bool same(const Place& a, const Place& b) {
  return a.has_value() == b.has_value() && (!a || (a->id == b->id && a->mode == b->mode));
}

// What one side alone changed; nullopt where both did.
template <class Value>
std::optional<Value> one_changed(const Value& base, const Value& ours, const Value& theirs) {
  if (ours == theirs || base == theirs) return ours;
  if (base == ours) return theirs;
  return std::nullopt;
}

// Directories come back without a name.
Place named(Place place, const std::string& name) {
  if (place) place->name = name;
  return place;
}

class Merge {
 public:
  explicit Merge(TreeEdit& edit) : edit_(edit) {}

  Outcome merge(const Place& base, const Place& ours, const Place& theirs, const std::string& path) {
    if (same(ours, theirs) || same(base, theirs)) return {ours, ours};
    if (same(base, ours)) return {theirs, theirs};
    // A file and a directory of one name are two things, of which one at most may be left.
    const std::size_t before = conflicts.size();
    const auto file = merge_files(leaf(base), leaf(ours), leaf(theirs));
    const Outcome directory = merge_directories(base, ours, theirs, path);
    if (file && !*file) return directory;
    if (file && !directory.with_ours && !directory.with_theirs) return {*file, *file};
    conflicts.resize(before);
    conflicts.push_back({path, base, ours, theirs});
    return {ours, theirs};
  }

  std::vector<MergeConflict> conflicts;

 private:
  static Place leaf(const Place& place) { return is_directory(place) ? std::nullopt : place; }

  // nullopt: a conflict.
  static std::optional<Place> merge_files(const Place& base, const Place& ours, const Place& theirs) {
    if (same(ours, theirs) || same(base, theirs)) return ours;
    if (same(base, ours)) return theirs;
    if (!is_file(base) || !is_file(ours) || !is_file(theirs)) return std::nullopt;
    // One side changed the bytes, the other the executable bit.
    const auto id = one_changed(base->id, ours->id, theirs->id);
    const auto mode = one_changed(base->mode, ours->mode, theirs->mode);
    if (!id || !mode) return std::nullopt;
    Place out = *id == ours->id ? ours : theirs;
    out->mode = *mode;
    return out;
  }

  Tree tree_of(const Place& place) { return is_directory(place) ? edit_.read(place->id) : Tree(); }

  static Place find(const Tree& tree, std::size_t& at, const std::string& name) {
    if (at < tree.size() && tree[at].name == name) return tree[at++];
    return std::nullopt;
  }

  // What is no directory counts as an empty one, and an empty one comes out of those only.
  Outcome merge_directories(const Place& base, const Place& ours, const Place& theirs, const std::string& path) {
    if (!is_directory(ours) && !is_directory(theirs)) return {};
    if (std::count(path.begin(), path.end(), '/') > static_cast<std::ptrdiff_t>(store::k_deepest_tree))
      throw input_error("\"" + printable(path) + "\" has more than 512 directories below each other");
    const bool removed = !is_directory(ours) || !is_directory(theirs);
    const Tree before = tree_of(base), here = tree_of(ours), there = tree_of(theirs);
    std::set<std::string> names;
    for (const auto* tree : {&before, &here, &there})
      for (const auto& entry : *tree) names.insert(entry.name);
    Tree with_ours, with_theirs;
    std::size_t b = 0, o = 0, t = 0;
    for (const auto& name : names) {
      const Place old = find(before, b, name), own = find(here, o, name), other = find(there, t, name);
      const Outcome outcome = merge(old, own, other, join_path(path, name));
      if (const Place entry = named(outcome.with_ours, name)) with_ours.push_back(*entry);
      if (const Place entry = named(outcome.with_theirs, name)) with_theirs.push_back(*entry);
    }
    return {written(std::move(with_ours), removed), written(std::move(with_theirs), removed)};
  }

  Place written(Tree tree, bool removed) {
    if (tree.empty() && removed) return std::nullopt;
    return edit_.write(std::move(tree));
  }

  TreeEdit& edit_;
};

std::string marker_line(char sign, std::size_t length, const std::string& label) {
  return std::string(length, sign) + (label.empty() ? "" : " " + label) + "\n";
}

std::string ended(std::string text) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

std::string marked(const std::string& ours, const std::string& theirs, std::size_t marker, const std::string& more) {
  return marker_line('<', marker, "ours" + more) + ended(ours) + marker_line('=', marker, "") + ended(theirs) +
         marker_line('>', marker, "theirs" + more);
}

struct ForeignLines {
  std::string origin, others;  // `from:` with what is indented below it; every other key
};

ForeignLines split_origin(const std::string& lines) {
  ForeignLines out;
  bool in_origin = false;
  for (const auto& line : split(lines, '\n')) {
    if (line.empty()) continue;
    const bool top = line.front() != ' ' && line.front() != '\t' && line.front() != '-';
    if (top) in_origin = line.starts_with("from:");
    (in_origin ? out.origin : out.others) += line + "\n";
  }
  return out;
}

// Keys of others as one block. Where both sides brought one version from its origin, what each noted of that (a commit,
// an etag) is as good as the other's.
std::optional<std::string> merge_foreign(const std::string& base, const std::string& ours, const std::string& theirs,
                                         bool one_version) {
  if (const auto one = one_changed(base, ours, theirs); one || !one_version) return one;
  const auto before = split_origin(base), here = split_origin(ours), there = split_origin(theirs);
  const auto others = one_changed(before.others, here.others, there.others);
  if (!others || here.origin.empty() || there.origin.empty()) return std::nullopt;
  return *others + one_changed(before.origin, here.origin, there.origin).value_or(there.origin);
}

}  // namespace

MergedVersion merge_versions(TreeEdit& edit, const std::optional<ObjectRef>& base, const ObjectRef& ours,
                             const ObjectRef& theirs, const std::string& path) {
  Merge merge(edit);
  const auto place = [](const std::optional<ObjectRef>& object) {
    return object ? Place(entry_of(*object)) : std::nullopt;
  };
  const Outcome outcome = merge.merge(place(base), entry_of(ours), entry_of(theirs), path);
  edit.commit();
  return {object_of(*outcome.with_ours), object_of(*outcome.with_theirs), std::move(merge.conflicts)};
}

std::string marked_sides(const std::string& ours, const std::string& theirs, std::size_t marker, bool says_so) {
  return marked(ours, theirs, marker, says_so ? std::string(k_not_merged) : "");
}

MergedPointer merge_pointers(TreeEdit& edit, const std::string& base, const std::string& ours,
                             const std::string& theirs, const std::string& path, std::size_t marker) {
  const std::string file = path + ".mlops";
  const auto object = [&](const std::string& text) { return parse_pointer(text, file).object; };
  const auto before = base.empty() ? std::nullopt : std::optional(object(base));
  const MergedVersion merged = merge_versions(edit, before, object(ours), object(theirs), path);
  const std::string own = foreign_lines(ours), other = foreign_lines(theirs);
  const auto foreign = merge_foreign(foreign_lines(base), own, other, object(ours) == object(theirs));
  const bool clean = merged.conflicts.empty() && foreign.has_value();
  if (clean) return {pointer_text(merged.with_ours, *foreign), {}, true};
  return {marked(pointer_text(merged.with_ours, foreign.value_or(own)),
                 pointer_text(merged.with_theirs, foreign.value_or(other)), marker, ""),
          merged.conflicts, false};
}

}  // namespace mlops::data
