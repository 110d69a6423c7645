#include "track/artifacts.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "register/registry.h"
#include "store/tree.h"
#include "track/keys.h"
#include "track/registry_view.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using meta::Artifact;
using meta::TrackingTables;
using store::Kind;
using store::Mode;
using store::ObjectRef;

constexpr std::string_view k_registry = "registry/";

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string_view parent(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

store::Tree tree_at(const store::Store& store, const Id& id) { return store::decode_tree(store.get(Kind::tree, id)); }

// `rest` below a tree; "" is the tree itself. Links are passed over.
std::optional<ObjectRef> descend(const store::Store& store, ObjectRef object, std::string_view rest) {
  while (!rest.empty()) {
    if (object.kind != Kind::tree || !store.has(Kind::tree, object.id)) return std::nullopt;
    const auto slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    bool found = false;
    for (const auto& entry : tree_at(store, object.id)) {
      if (entry.name != name || entry.mode == Mode::link) continue;
      object = {entry.mode == Mode::directory ? Kind::tree : Kind::file, entry.id, entry.size, entry.files};
      found = true;
    }
    if (!found) return std::nullopt;
  }
  return object.kind != Kind::tree || store.has(Kind::tree, object.id) ? std::optional(object) : std::nullopt;
}

// The directory in the store that a path lies in or is.
std::optional<Artifact> mount_of(TrackingTables& tables, std::string_view path) {
  for (std::string_view at = path; !at.empty(); at = parent(at))
    if (auto row = tables.artifact(at)) return row->tree ? row : std::nullopt;
  return std::nullopt;
}

std::string_view below(std::string_view path, std::string_view directory) {
  return path.size() == directory.size() ? std::string_view() : path.substr(directory.size() + 1);
}

// registry/NAME/NUMBER/REST: the version's object, with a file as the only entry of a directory.
std::optional<ObjectRef> in_registry(Service& service, const std::string& path, std::string* single) {
  const auto parts = split(path, '/');
  const auto model = parts.size() < 3 ? nullptr : service.registry().find(parts[1]);
  if (model == nullptr) return std::nullopt;
  std::string rest = join({parts.begin() + 3, parts.end()}, "/");
  for (const auto& state : model->versions) {
    if (std::to_string(state.version.number) != parts[2]) continue;
    const ObjectRef& object = state.version.object;
    if (object.kind == Kind::tree) return descend(service.repository().store(), object, rest);
    const std::string name(base_name(text_or(state.version.body, "path", "model")));
    if (rest == name) return object;
    if (rest.empty() && single != nullptr) *single = name;
    return rest.empty() ? std::optional(object) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<ObjectRef> in_store(Service& service, TrackingTables& tables, const std::string& path) {
  if (path.starts_with(k_registry)) return in_registry(service, path, nullptr);
  const auto mount = mount_of(tables, path);
  return mount ? descend(service.repository().store(), {Kind::tree, mount->object, mount->size, mount->files},
                         below(path, mount->path))
               : std::nullopt;
}

// Whose the artifacts below a path are: a run's or a logged model's.
std::string owner_of(TrackingTables& tables, const std::string& path) {
  const auto digits = [](std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  for (const auto& part : split(path, '/')) {
    if (digits(part) && tables.run(part)) return part;
    if (part.starts_with("m-") && digits(std::string_view(part).substr(2)) && tables.logged_model(part)) return part;
  }
  return "";
}

void touch_owner(Service& service, TrackingTables& tables, const std::string& owner) {
  if (owner.starts_with("m-")) {
    tables.touch_logged_model(owner);
    service.changed();
  } else if (const auto run = owner.empty() ? std::nullopt : tables.run(owner)) {
    touched(service, tables, *run);
  }
}

void expand(const store::Store& store, TrackingTables& tables, const Artifact& mount, const Id& tree,
            const std::string& path) {
  for (const auto& entry : tree_at(store, tree)) {
    const std::string at = path + "/" + entry.name;
    if (entry.mode == Mode::directory) expand(store, tables, mount, entry.id, at);
    if (entry.mode == Mode::file || entry.mode == Mode::executable)
      tables.put_artifact({at, mount.owner, false, entry.id, entry.size, 1, false}, std::nullopt);
  }
}

// A directory of the store becomes rows before something in it changes.
void expand_mount(Service& service, TrackingTables& tables, const std::string& path) {
  const auto mount = mount_of(tables, path);
  if (!mount) return;
  tables.remove_artifacts(mount->path);
  expand(service.repository().store(), tables, *mount, mount->object, mount->path);
}

void check_writable(const std::string& path) {
  if (path.starts_with(k_registry)) throw invalid("the files of a registered model version can't be changed");
}

// Rows as nested directories.
struct Folder {
  std::map<std::string, Folder> folders;
  store::Tree entries;

  Folder& at(std::string_view path) {
    if (path.empty()) return *this;
    const auto slash = path.find('/');
    Folder& next = folders[std::string(path.substr(0, slash))];
    return slash == std::string_view::npos ? next : next.at(path.substr(slash + 1));
  }
  ObjectRef seal(store::Writer& writer) {
    for (auto& [name, folder] : folders) {
      const ObjectRef made = folder.seal(writer);
      entries.push_back({name, Mode::directory, made.id, made.size, made.files});
    }
    ObjectRef out{Kind::tree, {}, 0, 0};
    for (const auto& entry : entries) {
      out.size += entry.size;
      out.files += entry.files;
    }
    out.id = writer.put_tree(store::encode_tree(std::move(entries)));
    return out;
  }
};

}  // namespace

std::optional<FoundArtifact> find_artifact(Service& service, TrackingTables& tables, const std::string& path) {
  if (path.empty()) return FoundArtifact{true};
  if (const auto row = tables.artifact(path); row && !row->tree)
    return FoundArtifact{false, row->object, row->size, row->inlined};
  if (const auto object = in_store(service, tables, path)) {
    const bool version_file =
        path.starts_with(k_registry) && object->kind == Kind::file && split(path, '/').size() == 3;
    return FoundArtifact{object->kind == Kind::tree || version_file, object->id, object->size, false};
  }
  if (!tables.artifacts_below(path).empty()) return FoundArtifact{true};
  return std::nullopt;
}

std::vector<ListedArtifact> list_artifacts(Service& service, TrackingTables& tables, const std::string& path) {
  std::map<std::string, ListedArtifact> out;
  std::string single;
  const auto object =
      path.starts_with(k_registry) ? in_registry(service, path, &single) : in_store(service, tables, path);
  if (!single.empty()) return {{single, false, object->size}};
  if (object && object->kind == Kind::tree)
    for (const auto& entry : tree_at(service.repository().store(), object->id))
      if (entry.mode != Mode::link) out[entry.name] = {entry.name, entry.mode == Mode::directory, entry.size};
  for (const auto& row : tables.artifacts_below(path)) {
    const std::string_view rest = path.empty() ? std::string_view(row.path) : below(row.path, path);
    const auto slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    out[name] = {name, slash != std::string_view::npos || row.tree, row.size};
  }
  std::vector<ListedArtifact> list;
  for (auto& [name, listed] : out) list.push_back(std::move(listed));
  return list;
}

void put_artifact(Service& service, TrackingTables& tables, const std::string& path, const ObjectRef& file,
                  std::optional<std::string_view> bytes) {
  check_writable(path);
  expand_mount(service, tables, path);
  for (std::string_view at = parent(path); !at.empty(); at = parent(at))
    if (tables.artifact(at))
      throw invalid(fmt::format("\"{}\" is a file, so nothing can be put below it", printable(at)));
  if (!tables.artifact(path) && !tables.artifacts_below(path).empty())
    throw invalid(fmt::format("\"{}\" is a directory", printable(path)));
  const std::string owner = owner_of(tables, path);
  tables.put_artifact({path, owner, false, file.id, file.size, 1, bytes.has_value()}, bytes);
  touch_owner(service, tables, owner);
}

void remove_artifact(Service& service, TrackingTables& tables, const std::string& path) {
  check_writable(path);
  expand_mount(service, tables, path);
  if (tables.remove_artifacts(path) > 0) touch_owner(service, tables, owner_of(tables, path));
}

SealedArtifacts seal_artifacts(Service& service, store::Writer& writer, TrackingTables& tables,
                               const std::string& path) {
  SealedArtifacts out;
  const auto rows = tables.artifacts_below(path);
  const auto keep = [&](const Artifact& row) {
    if (!row.inlined) return;
    const std::string bytes = tables.artifact_bytes(row.path);
    writer.put_file(std::as_bytes(std::span(bytes)));
    out.inlined.emplace_back(row.path, row.object);
  };
  if (rows.empty()) {
    if (const auto object = in_store(service, tables, path)) {
      out.object = *object;
      return out;
    }
    if (const auto row = tables.artifact(path)) {
      keep(*row);
      out.object = {Kind::file, row->object, row->size, 1};
      return out;
    }
  }
  Folder root;
  for (const auto& row : rows) {
    keep(row);
    const std::string_view rest = below(row.path, path);
    root.at(parent(rest))
        .entries.push_back(
            {std::string(base_name(rest)), row.tree ? Mode::directory : Mode::file, row.object, row.size, row.files});
  }
  out.object = root.seal(writer);
  return out;
}

}  // namespace mlops::track
