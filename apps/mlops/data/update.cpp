#include <fmt/format.h>

#include <algorithm>

#include "base/interrupt.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/bases.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/git_rules.h"
#include "data/kept.h"
#include "data/pointer_text.h"
#include "data/revision.h"
#include "data/source_options.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string revision;
  bool yes = false, force = false;
  std::uint64_t limit = std::uint64_t{1} << 40;
};

struct Updated {
  std::string path;
  store::ObjectRef before, after;
  exchange::Origin origin;
  bool ours = false;  // changed here, while its origin is as it was
};

void ask_first(const exchange::Origin& origin, const std::string& path, bool yes) {
  if (yes)
    exchange::agree(origin);
  else if (!exchange::agreed(origin))
    throw state_error(
        "\"" + printable(path) + "\" comes from " + exchange::to_text(origin) + ", which you have not agreed to yet",
        "mlops data update --yes " + shell_path(path) + "   agrees to it");
}

// The origin at another revision than the one that its pointer asks for.
exchange::Origin at_revision(exchange::Origin origin, const std::string& path, const std::string& revision) {
  if (origin.kind != exchange::Origin::Kind::repository)
    throw input_error(
        "\"" + printable(path) + "\" comes from " + exchange::to_text(origin) + ", which has no revisions",
        "mlops data update " + shell_path(path) + "   looks at it as it is");
  origin.revision = revision == "HEAD" ? "" : revision;
  origin.commit.clear();
  return origin;
}

bool is_stored(const store::Store& store, const store::ObjectRef& object) {
  return object.kind == store::Kind::tree ? store.has(object.kind, object.id) : store.has_file(object.id);
}

Updated update(data::Repository& repository, Output& out, const std::string& path, const data::Pointer& pointer,
               exchange::Origin origin, const Options& options) {
  ask_first(origin, path, options.yes);
  data::GitRules(repository).refuse_pointer(path);
  if (!is_stored(repository.store(), pointer.object))
    origin.etag = origin.commit = "";            // a clone: that nothing changed does not help
  const auto lease = repository.store().hold();  // until the pointer is written
  const auto now = exchange::fetch_origin(repository, origin, import_options(out, options.limit, {}));
  if (!now) return {path, pointer.object, pointer.object, origin, false};
  const bool ours = now->object.id != pointer.object.id && !origin.version.empty() &&
                    !pointer.object.id.hex().starts_with(origin.version);
  if (ours && now->object.id.hex().starts_with(origin.version))
    return {path, pointer.object, pointer.object, origin, true};
  const bool last = now->object.id != pointer.object.id && data::lost_with_pointer(repository, path, path);
  if (ours && !options.force)
    throw state_error(
        printable(path) + " was changed here since it was imported, and its origin has changed too",
        "mlops data update --force " + shell_path(path) + "   takes the origin's state; " +
            (last ? "yours, which nothing but its pointer names, stays in the store until gc's grace is over"
                  : "git keeps the pointer to yours"));
  // Refuses before anything is touched where bytes would be lost; stopped in between, the same command goes on.
  if (now->object.id != pointer.object.id || !data::Beneath(repository.root()).look(path)) {
    const auto restored =
        data::restore(repository, now->object, path, {options.force, &out.progress(), interrupt_token()});
    note_restored(out, path, restored);
  }
  const std::string text = exchange::with_origin(data::pointer_text(now->object, pointer.text), now->origin);
  if (text != pointer.text) data::write_pointer_text(repository, path, text, pointer.text);
  if (last) note_kept(out, path, pointer.object);
  if (now->object.id != pointer.object.id) data::set_base(repository, path, path, now->object);
  return {path, pointer.object, now->object, now->origin, false};
}

Json to_json(const Updated& updated) {
  Json json{{"changed", updated.before.id != updated.after.id},
            {"before", updated.before.id.hex()},
            {"id", updated.after.id.hex()},
            {"origin", to_utf8(exchange::to_text(updated.origin))}};
  put_path(json, updated.path);
  return json;
}

void show(Output& out, const Updated& updated) {
  const Text path(shown_path(updated.path, updated.after), Style::bold);
  if (updated.before.id == updated.after.id)
    return out.line(
        path + Text("  unchanged (" + updated.after.id.brief() + (updated.ours ? ", your changes to it stay)" : ")")));
  out.line(path + Text(fmt::format("  {} → {} ({})", updated.before.id.brief(), updated.after.id.brief(),
                                   shown_amount(out, updated.after))));
}

}  // namespace

Run define_data_update(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "imported paths (default: all)");
  app.add_option("--rev", options->revision,
                 "of repositories: take this revision from now on (HEAD: whatever is newest)")
      ->type_name("REV");
  app.add_flag("--yes", options->yes, "agree to the addresses that the pointers name");
  app.add_flag("--force", options->force, "also over files that are saved nowhere; they are stored first");
  app.add_option("--limit", options->limit, "refuse more than this (1 TiB)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false));
  return [options](Context& context) {
    if (!options->revision.empty() && options->paths.empty())
      throw usage_error("--rev needs the path that takes this revision", "mlops data update --rev v2 PATH");
    if (options->revision.starts_with('-'))
      throw usage_error("\"" + printable(options->revision) + "\" can't be a revision",
                        "mlops data update --rev v2 PATH");
    const auto repository = open_repository(context);
    Json list = Json::array();
    const auto paths = data::select_tracked(*repository, options->paths);
    int worst = k_exit_done;
    for (const auto& path : paths) {
      const auto pointer = data::read_pointer(*repository, path);
      const auto origin = pointer ? exchange::origin_in(pointer->text, path + ".mlops") : std::nullopt;
      if (!origin && !options->paths.empty())
        throw input_error("\"" + printable(path) + "\" was not imported",
                          "mlops data import SOURCE makes data whose origin is known");
      if (!origin) continue;
      try {
        const auto from = options->revision.empty() ? *origin : at_revision(*origin, path, options->revision);
        const Updated updated = update(*repository, context.out, path, *pointer, from, *options);
        context.out.progress().finish();
        show(context.out, updated);
        list.push_back(to_json(updated));
      } catch (const Error& error) {  // the others' origins may answer
        if (interrupt_signal() != 0 || paths.size() == 1) throw;
        context.out.progress().finish();
        context.out.warning(path + " stays as it was: " + error.message());
        if (!error.hint().empty()) context.out.note("hint: " + error.hint());
        worst = std::max(worst, error.exit_code());
      }
    }
    if (context.out.json()) context.out.value(list);
    if (list.empty() && worst == k_exit_done) {
      context.out.note("nothing here was imported");
      context.out.note("next: mlops data import SOURCE");
    }
    return worst;
  };
}

}  // namespace mlops
