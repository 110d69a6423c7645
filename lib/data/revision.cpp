#include "data/revision.h"

#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/stand_in.h"
#include "data/tracked.h"
#include "data/whole.h"

namespace mlops::data {
namespace {

using store::Kind;
using store::Mode;
using store::TreeEntry;

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// The paths that `path` lies in, the longest first, itself included.
std::vector<std::string> ancestors(std::string path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    out.push_back(path);
    path = split_path(path).first;
  }
  return out;
}

std::string below(const std::string& path, const std::string& above) {
  return path == above ? "" : path.substr(above.size() + 1);
}

// A path in a version, "a/b", of what was typed behind the colon.
std::string normal(const std::string& typed) {
  const std::string path = fs::path(typed).lexically_normal().string();
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

Located inside(Repository& repository, const ObjectRef& object, const std::string& path, const std::string& tracked,
               const std::string& revision, const std::string& name) {
  const auto entry = descend(repository.store(), object, below(path, tracked), pull_hint(tracked, revision));
  if (!entry)
    throw input_error(
        "there is no " + quote(below(path, tracked)) + " in " + quote(tracked) + " of " + quote(name),
        "mlops data ls " + shell_path(revision.empty() ? tracked : revision + ":" + tracked) + " lists it");
  const Kind kind = entry->mode == Mode::directory ? Kind::tree : Kind::file;
  return {{kind, entry->id, entry->size, entry->files}, entry->mode, path, name};
}

Located locate_here(Repository& repository, const std::string& path, const std::string& name) {
  for (const auto& above : ancestors(path))
    if (const auto pointer = read_pointer(repository, above))
      return inside(repository, pointer->object, path, above, "", name);
  throw not_versioned(repository, name);
}

Located locate_in(Repository& repository, code::Git& git, const std::string& revision, const std::string& path,
                  const std::string& name) {
  for (const auto& above : ancestors(path)) {
    const auto text = git.read(revision, git.prefix_of(repository.root()) + above + ".mlops");
    if (text)
      return inside(repository, committed_pointer(repository, *text, revision + ":" + above + ".mlops").object, path,
                    above, revision, name);
  }
  throw input_error(quote(path) + " was not versioned by mlops in " + quote(revision));
}

bool is_id(const std::string& text) {
  return text.size() >= 4 && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::optional<Located> locate_id(Repository& repository, const std::string& digits) {
  if (!is_id(digits)) return std::nullopt;
  std::map<Id, Kind> found;
  for (const auto kind : {Kind::chunk, Kind::file, Kind::tree})
    for (const auto& id : repository.store().find(kind, digits))
      found[id] = kind == Kind::tree ? Kind::tree : Kind::file;
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    std::vector<std::string> names;
    for (const auto& [id, kind] : found) names.push_back(id.brief());
    throw input_error(std::to_string(found.size()) + " objects begin with " + digits + ": " + join(names, ", "),
                      "give more digits");
  }
  const auto& [id, kind] = *found.begin();
  const auto size = kind == Kind::file ? repository.store().file_size(id) : 0;
  return Located{{kind, id, size, 1}, kind == Kind::tree ? Mode::directory : Mode::file, "", digits};
}

// Of `tracked` those in `path`, or the one that it lies in. False where there is none.
template <class Above>
bool select(const std::vector<std::string>& tracked, const std::string& path, const Above& above,
            std::vector<std::string>& out) {
  const auto below = tracked_below(tracked, path);
  out.insert(out.end(), below.begin(), below.end());
  if (!below.empty()) return true;
  const auto around = above(path);
  if (around) out.push_back(*around);
  return around.has_value();
}

}  // namespace

std::optional<TreeEntry> descend(const store::Store& store, const ObjectRef& object, const std::string& inside) {
  return descend(store, object, inside, pull_hint());
}

std::optional<TreeEntry> descend(const store::Store& store, const ObjectRef& object, const std::string& inside,
                                 const std::string& hint) {
  TreeEntry at{"", object.kind == Kind::tree ? Mode::directory : Mode::file, object.id, object.size, object.files};
  if (inside.empty()) return at;
  for (const auto& part : split(inside, '/')) {
    if (at.mode != Mode::directory) return std::nullopt;
    const auto tree = read_tree(store, at.id, hint);
    const auto found = std::lower_bound(tree.begin(), tree.end(), part,
                                        [](const TreeEntry& e, const std::string& name) { return e.name < name; });
    if (found == tree.end() || found->name != part) return std::nullopt;
    at = *found;
  }
  return at;
}

bool is_path_here(const std::string& typed) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(typed, ignored)) || fs::exists(typed + ".mlops", ignored);
}

std::optional<Located> locate_object(Repository& repository, const std::string& name) {
  if (is_path_here(name)) return std::nullopt;
  const auto colon = name.find(':');
  const std::string digits = name.substr(0, colon),
                    path = colon == std::string::npos ? "" : normal(name.substr(colon + 1));
  auto top = locate_id(repository, digits);
  if (!top || path.empty()) return top;
  const auto entry = descend(repository.store(), top->object, path);
  if (!entry)
    throw input_error("there is no " + quote(path) + " in " + digits, "mlops data ls " + digits + " lists it");
  return Located{{entry->mode == Mode::directory ? Kind::tree : Kind::file, entry->id, entry->size, entry->files},
                 entry->mode,
                 "",
                 name};
}

Error not_versioned(const Repository& repository, const std::string& typed) {
  std::error_code ignored;
  const auto colon = typed.find(':');
  if (fs::exists(fs::symlink_status(typed, ignored))) {
    const std::string path = own_path(repository, typed);
    return input_error(quote(path) + " is not versioned by mlops",
                       "mlops data add " + shell_path(typed) + " makes a version of it");
  }
  if (colon != std::string::npos && colon > 0) {
    const std::string revision = typed.substr(0, colon);
    if (is_id(revision))
      return input_error("there is no revision and no object " + quote(revision) + " here",
                         "git log · mlops pull --rev REV   brings what a revision names");
    return input_error("there is no revision " + quote(revision) + " here", "git log shows them");
  }
  if (is_id(typed))
    return input_error(quote(typed) + " is no versioned path, no git revision and no object of the store",
                       "mlops data ls   lists what is versioned");
  return input_error(quote(typed) + " is no versioned path and no git revision",
                     "mlops data ls   lists what is versioned; git log shows revisions");
}

Located locate(Repository& repository, const std::string& name) {
  const auto colon = name.find(':');
  if (colon != std::string::npos && colon > 0) {
    const auto git = code::Git::discover(repository.root());
    const std::string revision = name.substr(0, colon), rest = name.substr(colon + 1);
    if (git && git->commit(revision)) {
      return locate_in(repository, *git, revision, rest.starts_with("./") ? own_path(repository, rest) : normal(rest),
                       name);
    }
  }
  if (auto found = locate_object(repository, name)) return *found;
  return locate_here(repository, own_path(repository, name), name);
}

std::optional<std::string> tracked_above(const Repository& repository, const std::string& path) {
  for (const auto& above : ancestors(path))
    if (Beneath(repository.root()).look(above + ".mlops")) return above;
  return std::nullopt;
}

std::vector<std::string> tracked_below(const std::vector<std::string>& tracked, const std::string& path) {
  std::vector<std::string> out;
  std::copy_if(tracked.begin(), tracked.end(), std::back_inserter(out),
               [&](const std::string& one) { return path == "." || one == path || one.starts_with(path + "/"); });
  return out;
}

std::vector<std::string> select_tracked(const Repository& repository, const std::vector<std::string>& typed) {
  const auto tracked = tracked_paths(repository);
  if (typed.empty()) return tracked;
  std::vector<std::string> out;
  for (const auto& name : typed) {
    const std::string path = own_path(repository, name);
    const auto above = [&](const std::string&) { return tracked_above(repository, path); };
    if (!select(tracked, path, above, out)) throw not_versioned(repository, name);
  }
  return out;
}

std::vector<std::string> select_in(const Repository& repository, const std::string& revision,
                                   const std::map<std::string, ObjectRef>& pointers,
                                   const std::vector<std::string>& typed) {
  std::vector<std::string> known, out;
  for (const auto& [path, object] : pointers) known.push_back(path);
  if (typed.empty()) return known;
  const auto above = [&](const std::string& path) {
    for (const auto& one : ancestors(path))
      if (pointers.contains(one)) return std::optional(one);
    return std::optional<std::string>();
  };
  for (const auto& name : typed) {
    const std::string path = own_path(repository, name);
    if (!select(known, path, above, out))
      throw input_error(quote(path) + " was not versioned by mlops in " + quote(revision));
  }
  return out;
}

bool is_revision(const Repository& repository, const std::string& text) {
  const auto git = code::Git::discover(repository.root());
  return git && git->commit(text);
}

namespace {

std::map<std::string, ObjectRef> pointers_of(const Repository& repository, const std::string& revision,
                                             code::Git::Unfetched unfetched) {
  const auto git = code::Git::discover(repository.root());
  std::map<std::string, ObjectRef> out;
  const std::string prefix = git ? git->prefix_of(repository.root()) : "";
  const std::string settings = "/.mlops/config.yaml";  // of another repository, below
  std::vector<std::string> others;
  const auto wanted = [&](std::string_view path) {
    if (!path.starts_with(prefix)) return false;
    path.remove_prefix(prefix.size());
    if (path.ends_with(settings)) others.emplace_back(path.substr(0, path.size() - settings.size() + 1));
    return path.size() > 6 && path.ends_with(".mlops");
  };
  std::map<std::string, std::string> texts;
  const auto visit = [&](const std::string& path, const std::string& bytes) {
    texts[path.substr(prefix.size())] = bytes;
  };
  if (!git || !git->for_each_file(revision, wanted, visit, unfetched))
    throw input_error("there is no revision " + quote(revision) + (git ? "" : ": this is no git repository"));
  for (const auto& [file, text] : texts)
    if (std::none_of(others.begin(), others.end(),
                     [&name = file](const std::string& other) { return name.starts_with(other); }))
      out[file.substr(0, file.size() - 6)] = committed_pointer(repository, text, revision + ":" + prefix + file).object;
  return out;
}

}  // namespace

std::map<std::string, ObjectRef> pointers_of(const Repository& repository, const std::string& revision) {
  return pointers_of(repository, revision, code::Git::Unfetched::refuse);
}

std::map<std::string, ObjectRef> fetched_pointers_of(const Repository& repository, const std::string& revision) {
  return pointers_of(repository, revision, code::Git::Unfetched::pass_over);
}

std::map<std::string, ObjectRef> pointers_here(const Repository& repository) {
  std::map<std::string, Error> broken;
  auto out = pointers_here(repository, broken);
  if (!broken.empty()) throw broken.begin()->second;
  return out;
}

std::map<std::string, ObjectRef> pointers_here(const Repository& repository, std::map<std::string, Error>& broken) {
  std::map<std::string, ObjectRef> out;
  for (const auto& path : tracked_paths(repository)) try {
      if (const auto pointer = read_pointer(repository, path)) out[path] = pointer->object;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
      broken.emplace(path, error);
    }
  return out;
}

}  // namespace mlops::data
