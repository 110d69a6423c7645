#include <fmt/format.h>

#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/foreign/adopt.h"
#include "data/foreign/dated.h"
#include "data/tracked.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string as;
  bool dry_run = false, force = false;
};

std::vector<data::ForeignVersion> read(const data::Repository& repository, const std::string& typed) {
  const std::string path = data::own_path(repository, typed), shown = printable(typed);
  if (path.ends_with(".dvc")) return data::read_dvc(repository, path);
  if (data::is_lfs_pointer(repository.root() / path)) return {data::read_lfs(repository, path)};
  if (const auto name = data::split_path(path).second; name == "dvc.lock" || name == "dvc.yaml")
    throw input_error("\"" + shown + "\" names outputs of stages, which adopt does not take",
                      "dvc checkout, then mlops data add PATH of each output that is to be kept; mlops.yaml and mlops "
                      "pipeline run make them anew");
  std::error_code ignored;
  if (fs::is_directory(repository.root() / path, ignored))
    throw input_error("\"" + shown + "\" is a directory",
                      "dated versions in it: mlops data adopt " + shell_path(typed) +
                          " --as PATH; as it is: mlops data add " + shell_path(typed));
  throw input_error("\"" + shown + "\" is neither a .dvc file nor a pointer of git-lfs",
                    "mlops data add " + shell_path(typed) + "   versions files as they are");
}

Json to_json(const data::Adopted& adopted) {
  const auto& [from, object, changed] = adopted;
  Json json{{"id", object.id.hex()}, {"kind", to_text(object.kind)},   {"size", object.size}, {"files", object.files},
            {"label", from.label},   {"from", to_utf8(from.named_in)}, {"changed", changed}};
  if (!from.left_behind.empty()) json["left_behind"] = from.left_behind;
  put_path(json, from.path);
  return json;
}

void show(Output& out, const data::Adopted& adopted) {
  const auto& [from, object, changed] = adopted;
  const Text path(shown_path(from.path, object), Style::bold);
  if (!changed) return out.line(path + Text("  unchanged (" + object.id.brief() + ")"));
  out.line(path + Text("  " + shown_amount(out, object) + " → " + object.id.brief() + "  (" + from.label + ")"));
}

// DVC's cache.type symlink: what stands at the place leads into its cache, and counts as nobody's bytes.
bool stands_as_links(const data::Repository& repository, const data::ForeignVersion& version) {
  std::error_code ignored;
  return std::any_of(version.files.begin(), version.files.end(), [&](const data::ForeignFile& file) {
    const fs::path place = repository.root() / version.path;
    return fs::is_symlink(file.path.empty() ? place : place / file.path, ignored);
  });
}

// What only the other tool knows from now on.
void warn_of_left_behind(Output& out, const data::ForeignVersion& from) {
  if (from.left_behind.empty()) return;
  const bool origin = from.left_behind.front() == "deps";
  out.warning(printable(from.named_in) + ": " + join(from.left_behind, ", ") + " is not taken over" +
              (origin ? ": mlops data import of that origin, in its place, is what mlops data update follows" : ""));
}

// What git is to have; and where a pointer of git-lfs stands in the place of the file, how that is brought in.
void show_next(Output& out, const data::Repository& repository, const std::vector<data::Adopted>& all) {
  std::vector<std::string> files, lfs;
  bool links = false;
  const auto note = [&](const std::string& file) {
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  };
  for (const auto& one : all) {
    if (!one.changed) continue;
    note(one.from.path + ".mlops");
    note(data::join_path(data::split_path(one.from.path).first, ".gitignore"));
    if (data::is_lfs_pointer(repository.root() / one.from.path)) lfs.push_back(one.from.path);
    links = links || stands_as_links(repository, one.from);
    warn_of_left_behind(out, one.from);
  }
  if (files.empty()) return;
  if (links)
    out.note("next: dvc config cache.type copy && dvc checkout --relink    files in the place of links to DVC's cache");
  if (!lfs.empty())
    out.note("next: git rm --cached " + shell_paths(lfs) + " · mlops data checkout");
  else
    out.note("next: mlops data checkout");
  out.note("next: git add " + shell_paths(files));
}

int adopt_pointers(Context& context, data::Repository& repository, const Options& options) {
  std::vector<data::ForeignVersion> versions;
  for (const auto& file : options.files)
    for (auto& version : read(repository, file)) versions.push_back(std::move(version));
  const auto adopted =
      data::adopt(repository, std::move(versions), {&context.out.progress(), interrupt_token(), options.force});
  context.out.progress().finish();
  Json list = Json::array();
  for (const auto& one : adopted) {
    list.push_back(to_json(one));
    show(context.out, one);
  }
  if (context.out.json()) context.out.value(list);
  show_next(context.out, repository, adopted);
  return k_exit_done;
}

Json to_json(const data::DatedPlan& plan, const data::DatedVersion& version, bool fresh) {
  Json json{{"date", to_utc(version.source.date.begin)},
            {"source", to_utf8(version.source.path.string())},
            {"kind", version.directory ? "tree" : "file"},
            {"size", version.size},
            {"files", version.files},
            {"id", version.object ? Json(version.object->id.hex()) : Json()},
            {"commit", version.commit.empty() ? Json() : Json(version.commit)},
            {"new", fresh}};
  put_path(json, plan.path);
  return json;
}

void show_plan(Output& out, const data::DatedPlan& plan) {
  Table table{{{"date"}, {"source", false, 1}, {"files", true}, {"size", true}, {"commit"}}, {}};
  for (const auto& version : plan.versions)
    table.rows.push_back(
        {version.source.date.text, version.source.name, std::to_string(version.files), show_size(version.size),
         version.commit.empty() ? Text("new", Style::good) : Text(version.commit.substr(0, 12), Style::dim)});
  out.table(table);
}

void show_version(Output& out, const data::DatedPlan& plan, const data::DatedVersion& version) {
  out.line(Text(shown_path(plan.path, *version.object), Style::bold) +
           Text(fmt::format("  {}  {} → {}, commit {}", version.source.date.text, shown_amount(out, *version.object),
                            version.object->id.brief(), version.commit.substr(0, 12))));
}

int adopt_dated(Context& context, data::Repository& repository, const Options& options) {
  Output& out = context.out;
  auto plan = data::plan_dated(repository, options.files, data::own_path(repository, options.as));
  std::vector<bool> fresh;
  for (const auto& version : plan.versions) fresh.push_back(version.commit.empty());
  if (!options.dry_run)
    data::adopt_dated(repository, plan, {&out.progress(), interrupt_token(), [&](const data::DatedVersion& version) {
                                           out.progress().finish();
                                           show_version(out, plan, version);
                                         }});
  out.progress().finish();
  Json list = Json::array();
  for (std::size_t i = 0; i < fresh.size(); ++i) list.push_back(to_json(plan, plan.versions[i], fresh[i]));
  if (out.json())
    out.value(list);
  else if (options.dry_run && !out.quiet())
    show_plan(out, plan);
  if (options.dry_run) return k_exit_done;
  if (std::find(fresh.begin(), fresh.end(), true) == fresh.end())
    out.line("no new dates");
  else
    out.note("next: git add " + shell_path(data::join_path(data::split_path(plan.path).first, ".gitignore")) +
             " · mlops log " + shell_path(plan.path) + " · mlops push --all-commits");
  return k_exit_done;
}

int adopt(Context& context, const Options& options) {
  const auto repository = open_repository(context);
  if (!options.as.empty() && options.force) throw usage_error("--force is for pointers of others", "without --as");
  if (!options.as.empty()) return adopt_dated(context, *repository, options);
  if (options.dry_run) throw usage_error("--dry-run is for dated versions", "--as PATH");
  return adopt_pointers(context, *repository, options);
}

}  // namespace

Run define_data_adopt(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "FILE", options->files,
         "a .dvc file, a pointer file of git-lfs; with --as a directory of dated files or directories, or these")
      ->required();
  app.add_option("--as", options->as, "make dated versions the history of this path, a git commit each")
      ->type_name("PATH");
  app.add_flag("--dry-run", options->dry_run, "with --as: show dates, sources and sizes, change nothing");
  app.add_flag("--force", options->force, "also over pointers that name another version");
  return [options](Context& context) { return adopt(context, *options); };
}

}  // namespace mlops
