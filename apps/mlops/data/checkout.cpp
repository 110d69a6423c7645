#include <fmt/format.h>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/git_rules.h"
#include "data/kept.h"
#include "data/links.h"
#include "data/memory.h"
#include "data/revision.h"
#include "data/revision_argument.h"
#include "data/subtrees.h"
#include "data/tracked.h"
#include "data/whole.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> names;
  bool force = false;
  std::string link;
};

struct Wanted {
  std::string path;
  store::ObjectRef object;
};

void add_wanted(data::Repository& repository, const std::map<std::string, store::ObjectRef>& pointers,
                const std::string& revision, const std::string& name, std::vector<Wanted>& wanted) {
  std::vector<std::string> tracked;
  for (const auto& [path, object] : pointers) tracked.push_back(path);
  if (name.find(':') == std::string::npos) {
    const auto below = data::tracked_below(tracked, data::own_path(repository, name));
    for (const auto& path : below) wanted.push_back({path, pointers.at(path)});
    if (!below.empty()) return;
  }
  const auto located =
      data::locate(repository, revision.empty() ? name : revision + ":" + data::own_path(repository, name));
  if (located.path.empty())
    throw input_error("\"" + printable(name) + "\" is an id, and no path to check it out to",
                      "mlops data checkout PATH " + shell_word(name) + " · mlops data ls " + shell_word(name));
  if (located.mode == store::Mode::link)
    throw input_error("\"" + printable(name) + "\" is a link; check out the directory that it is in");
  wanted.push_back({located.path, located.object});
}

void show(Output& out, const Wanted& wanted, const data::Restored& restored, std::size_t relinked) {
  const Text path(shown_path(wanted.path, wanted.object), Style::bold);
  note_restored(out, wanted.path, restored);
  if (relinked > 0) out.line(path + Text("  " + count_files(relinked) + " linked or copied anew"));
  if (restored.written == 0 && restored.removed == 0 && relinked > 0) return;
  if (restored.written == 0 && restored.removed == 0)
    return out.line(path + Text("  unchanged (" + wanted.object.id.brief() + ")"));
  std::string text = fmt::format("  {} written", restored.written);
  if (restored.removed > 0) text += fmt::format(", {} removed", restored.removed);
  out.line(path + Text(text + " → " + wanted.object.id.brief()));
}

Json to_json(const Wanted& wanted, const data::Restored& restored) {
  Json json{{"id", wanted.object.id.hex()},
            {"written", restored.written},
            {"removed", restored.removed},
            {"saved", restored.saved ? Json(restored.saved->id.hex()) : Json()}};
  json["stays"] = Json::array();
  for (const auto& path : restored.stays) json["stays"].push_back(to_utf8(path));
  put_path(json, wanted.path);
  return json;
}

// "d 8bc5…", "d/n 8bc5…:n": one path, and an object of the store that no pointer need name; nor that path, where
// nothing stands.
std::optional<Wanted> take_object(data::Repository& repository, const std::vector<std::string>& names) {
  if (names.size() != 2) return std::nullopt;
  const auto object = data::locate_object(repository, names[1]);
  if (!object || object->mode == store::Mode::link) return std::nullopt;
  const std::string path = data::own_path(repository, names[0]);
  if (!data::tracked_above(repository, path) && data::Beneath(repository.root()).look(path))
    throw input_error("\"" + printable(path) + "\" is there, and is not versioned by mlops",
                      "mlops data checkout NEW " + shell_word(names[1]) + "   puts a copy at a new place");
  return Wanted{path, object->object};
}

// Of those that can't be read the ones that were asked for.
std::map<std::string, Error> among(const data::Repository& repository, const std::vector<std::string>& names,
                                   std::map<std::string, Error> broken) {
  const auto asked = [&](const std::string& path) {
    return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
             return data::is_path_here(name) && data::is_in(path, data::own_path(repository, name));
           });
  };
  std::erase_if(broken, [&](const auto& one) { return !asked(one.first); });
  return broken;
}

// What the pointer over `path` named when this command looked.
std::optional<store::ObjectRef> named_above(const std::map<std::string, store::ObjectRef>& here,
                                            const std::string& path) {
  const auto found = data::nearest(here, path);
  return found == here.end() ? std::nullopt : std::optional(found->second);
}

// What an older revision names a plain pull does not bring.
data::Restored restore_of(data::Repository& repository, const Wanted& wanted, const std::string& revision,
                          const data::RestoreOptions& options) {
  try {
    return data::restore(repository, wanted.object, wanted.path, options);
  } catch (const Error& error) {
    if (revision.empty() || error.hint() != data::pull_hint(wanted.path)) throw;
    throw Error(error.kind(), error.message(), data::pull_hint(wanted.path, revision));
  }
}

}  // namespace

Run define_data_checkout(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->names,
                 "versioned paths, or paths in them (default: all), and perhaps a git revision or the id of an object "
                 "(ID, ID:PATH)");
  app.add_flag("--force", options->force, "also over files that are saved nowhere; they are stored first");
  app.add_option(
      "--link", options->link,
      "how large files that are written stand here: auto, copy, hardlink, symlink (default: store.link, else auto)");
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    const store::Link link = link_policy(*repository, options->link);
    auto names = options->names;
    const std::string revision = take_revision(*repository, names);
    std::map<std::string, Error> broken;
    const auto here = data::pointers_here(*repository, broken);
    const auto pointers = revision.empty() ? here : data::pointers_of(*repository, revision);
    std::vector<Wanted> wanted;
    if (names.empty())
      for (const auto& [path, object] : pointers) wanted.push_back({path, object});
    if (const auto object = revision.empty() ? take_object(*repository, names) : std::nullopt)
      wanted.push_back(*object);
    else
      for (const auto& name : names) add_wanted(*repository, pointers, revision, name, wanted);
    Json list = Json::array();
    const data::Memory::Batch batch(repository->memory());
    const data::KeptScope kept(*repository);
    const data::GitRules rules(*repository);
    for (const auto& one : wanted) {
      const auto restored =
          restore_of(*repository, one, revision,
                     {options->force, &context.out.progress(), interrupt_token(), link, named_above(here, one.path)});
      context.out.progress().finish();
      if (pointers.contains(one.path)) rules.mend_ignore_line(one.path);
      const auto relinked = options->link.empty() ? 0 : data::relink_files(*repository, one.path, link);
      show(context.out, one, restored, relinked);
      list.push_back(to_json(one, restored));
    }
    if (context.out.json()) context.out.value(list);
    if (revision.empty()) end_with(context.out, among(*repository, names, broken));
    if (wanted.empty()) note_nothing_versioned(context.out);
    return k_exit_done;
  };
}

}  // namespace mlops
