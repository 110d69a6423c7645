#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/links.h"
#include "data/revision.h"

namespace mlops {
namespace {

struct Added {
  std::string path;
  data::Snapshot snapshot;
  bool changed = false, first = false;
};

// A path belongs to one version: not to one above it and not to one below it.
void refuse_overlap(const data::Repository& repository, const std::vector<std::string>& tracked, const std::string& path) {
  const auto above = data::tracked_above(repository, path);
  if (above && *above != path)
    throw input_error("\"" + printable(path) + "\" is part of \"" + printable(*above) + "\", which is versioned as a whole", "mlops data add " + printable(*above));
  for (const auto& below : data::tracked_below(tracked, path))
    if (below != path)
      throw input_error("\"" + printable(below) + "\" in it is versioned by itself", "mlops data rm --keep " + printable(below) + ", then add \"" + printable(path) + "\" as a whole");
}

Added add(data::Repository& repository, Output& out, const std::string& path, store::Link link) {
  const auto lease = repository.store().hold();  // until the pointer is written
  const auto before = data::read_pointer(repository, path);
  Added added{path, data::snapshot(repository, path, {true, &out.progress(), interrupt_token(), link}), false, !before};
  added.changed = !before || !(before->object == added.snapshot.object);
  if (added.changed) data::write_pointer(repository, path, added.snapshot.object);
  data::ignore_in_git(repository, path);
  data::link_files(repository, path, link);  // now that the pointer names the version, its links lead to something that stays
  return added;
}

void show(Output& out, const Added& added, Micros took) {
  const auto& object = added.snapshot.object;
  const Text path(shown_path(added.path, object), Style::bold);
  if (!added.changed) return out.line(path + Text("  unchanged (" + object.id.brief() + ")"));
  out.line(path + Text(fmt::format("  {} → {} ({} new) in {}", shown_amount(out, object), object.id.brief(), show_size(added.snapshot.new_bytes), show_duration(took))));
}

Json to_json(const Added& added) {
  const auto& object = added.snapshot.object;
  Json json{{"kind", to_text(object.kind)}, {"id", object.id.hex()},    {"size", object.size},
            {"files", object.files},        {"changed", added.changed}, {"new_bytes", added.snapshot.new_bytes}};
  put_path(json, added.path);
  return json;
}

// "data.mlops .gitignore", for git add.
std::string files_to_commit(const std::vector<Added>& all) {
  std::vector<std::string> files;
  for (const auto& added : all) {
    if (!added.changed) continue;
    files.push_back(added.path + ".mlops");
    const auto slash = added.path.rfind('/');
    const std::string ignore = (slash == std::string::npos ? "" : added.path.substr(0, slash + 1)) + ".gitignore";
    if (added.first && std::find(files.begin(), files.end(), ignore) == files.end()) files.push_back(ignore);
  }
  return join(files, " ");
}

}  // namespace

Run define_data_add(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto policy = std::make_shared<std::string>();
  app.add_option("PATH", *paths, "files and directories")->required();
  app.add_option("--link", *policy, "how large files stand here and in the store: auto, copy, hardlink, symlink (default: store.link, else auto)");
  return [paths, policy](Context& context) {
    const auto repository = data::Repository::open();
    const store::Link link = link_policy(*repository, *policy);
    const auto tracked = data::tracked_paths(*repository);
    std::vector<Added> all;
    Json list = Json::array();
    for (const auto& typed : *paths) {
      const std::string path = repository->relative(typed);
      if (path == ".") throw input_error("the whole work tree can't be versioned as data", "name the directories with data in them");
      if (path.ends_with(".mlops")) throw input_error("\"" + printable(path) + "\" is a pointer; name the path that it stands for");
      refuse_overlap(*repository, tracked, path);
      const Micros started = now_micros();
      all.push_back(add(*repository, context.out, path, link));
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
