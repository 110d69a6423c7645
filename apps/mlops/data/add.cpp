#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/inside.h"
#include "data/links.h"
#include "data/revision.h"

namespace mlops {
namespace {

struct Added {
  std::string path;
  data::Snapshot snapshot;
  bool changed = false, first = false;
  std::string tracked;         // the versioned directory that it lies in, or ""
  store::ObjectRef directory;  // its version
};

// A path belongs to one version: not to one below it too.
void refuse_overlap(const std::vector<std::string>& tracked, const std::string& path) {
  for (const auto& below : data::tracked_below(tracked, path))
    if (below != path)
      throw input_error("\"" + printable(below) + "\" in it is versioned by itself", "mlops data rm --keep " + printable(below) + ", then add \"" + printable(path) + "\" as a whole");
}

Added inside(const std::string& path, const std::string& tracked, const data::InsideChange& change) {
  return {path, {change.entry, change.new_bytes}, change.changed, false, tracked, change.version};
}

Added add(data::Repository& repository, Output& out, const std::string& path, store::Link link) {
  const auto above = data::tracked_above(repository, path);
  if (above && *above != path) return inside(path, *above, data::add_inside(repository, *above, path, {true, &out.progress(), interrupt_token(), link}));
  const auto lease = repository.store().hold();  // until the pointer is written
  const auto before = data::read_pointer(repository, path);
  Added added{path, data::snapshot(repository, path, {true, &out.progress(), interrupt_token(), link}), false, !before, {}, {}};
  added.changed = !before || !(before->object == added.snapshot.object);
  if (added.changed) data::write_pointer(repository, path, added.snapshot.object);
  data::ignore_in_git(repository, path);
  data::link_files(repository, path, link);  // now that the pointer names the version, its links lead to something that stays
  return added;
}

// "data/" may be versioned or lie in what is.
Added add_into(data::Repository& repository, Output& out, const std::string& directory, const std::string& file) {
  const auto tracked = data::tracked_above(repository, directory);
  if (!tracked) throw input_error("\"" + printable(directory) + "\" is not versioned by mlops", "mlops data add " + printable(directory) + " makes a version of it");
  const auto name = fs::path(file).filename().string();
  return inside(data::join_path(directory, name), *tracked, data::add_into(repository, *tracked, directory, file, {false, &out.progress(), interrupt_token()}));
}

Added add_path(data::Repository& repository, Output& out, const std::vector<std::string>& tracked, const std::string& typed, store::Link link) {
  const std::string path = repository.relative(typed);
  if (path == ".") throw input_error("the whole work tree can't be versioned as data", "name the directories with data in them");
  if (path.ends_with(".mlops")) throw input_error("\"" + printable(path) + "\" is a pointer; name the path that it stands for");
  refuse_overlap(tracked, path);
  return add(repository, out, path, link);
}

void show(Output& out, const Added& added, Micros took) {
  const auto& object = added.snapshot.object;
  const Text path(shown_path(added.path, object), Style::bold);
  if (!added.changed) return out.line(path + Text("  unchanged (" + object.id.brief() + ")"));
  out.line(path + Text(fmt::format("  {} → {} ({} new) in {}", shown_amount(out, object), object.id.brief(), show_size(added.snapshot.new_bytes), show_duration(took))));
  if (!added.tracked.empty()) out.line(Text(added.tracked + "/", Style::bold) + Text("  → " + added.directory.id.brief()));
}

Json to_json(const Added& added) {
  const auto& object = added.snapshot.object;
  Json json{{"kind", to_text(object.kind)}, {"id", object.id.hex()},    {"size", object.size},
            {"files", object.files},        {"changed", added.changed}, {"new_bytes", added.snapshot.new_bytes}};
  if (!added.tracked.empty()) put_path(json["in"] = {{"id", added.directory.id.hex()}}, added.tracked);
  put_path(json, added.path);
  return json;
}

// "data.mlops .gitignore", for git add.
std::string files_to_commit(const std::vector<Added>& all) {
  std::vector<std::string> files;
  for (const auto& added : all) {
    if (!added.changed) continue;
    const std::string pointer = (added.tracked.empty() ? added.path : added.tracked) + ".mlops";
    if (std::find(files.begin(), files.end(), pointer) == files.end()) files.push_back(pointer);
    const auto slash = added.path.rfind('/');
    const std::string ignore = (slash == std::string::npos ? "" : added.path.substr(0, slash + 1)) + ".gitignore";
    if (added.first && std::find(files.begin(), files.end(), ignore) == files.end()) files.push_back(ignore);
  }
  return join(files, " ");
}

}  // namespace

Run define_data_add(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto into = std::make_shared<std::string>(), policy = std::make_shared<std::string>();
  app.add_option("PATH", *paths, "files and directories; also in a versioned directory, which then changes in that place only")->required();
  app.add_option("--into", *into, "put these files, from anywhere, into a versioned directory, whose own files need not be here")->type_name("DIR");
  app.add_option("--link", *policy, "how large files stand here and in the store: auto, copy, hardlink, symlink (default: store.link, else auto)");
  return [paths, into, policy](Context& context) {
    const auto repository = data::Repository::open();
    const store::Link link = link_policy(*repository, *policy);
    const auto tracked = data::tracked_paths(*repository);
    std::vector<Added> all;
    Json list = Json::array();
    const std::string directory = into->empty() ? "" : repository->relative(*into);
    for (const auto& typed : *paths) {
      const Micros started = now_micros();
      all.push_back(directory.empty() ? add_path(*repository, context.out, tracked, typed, link) : add_into(*repository, context.out, directory, typed));
      context.out.progress().finish();
      show(context.out, all.back(), now_micros() - started);
      list.push_back(to_json(all.back()));
    }
    if (context.out.json()) context.out.value(list);
    if (const auto files = files_to_commit(all); !files.empty()) context.out.note("next: git add " + files);
    return k_exit_done;
  };
}

}  // namespace mlops
