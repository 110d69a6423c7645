#include <fmt/format.h>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/places.h"
#include "data/pointer_text.h"
#include "data/revision.h"
#include "data/source_options.h"
#include "data/tracked.h"

namespace mlops {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// What the person who imports it once more may have meant.
std::string next_for(const data::Repository& repository, const std::string& path) {
  const auto pointer = data::read_pointer(repository, path);
  const auto origin = pointer ? exchange::origin_in(pointer->text, path + ".mlops") : std::nullopt;
  if (!origin) return "-o PATH names another place";
  std::string out = "mlops data update " + shell_path(path) + "   looks at its origin again";
  if (origin->kind == exchange::Origin::Kind::repository)
    out += " · mlops data update --rev REV " + shell_path(path) + "   takes another revision";
  return out;
}

void refuse_taken(const data::Repository& repository, const std::string& path) {
  data::Places(repository).claim(path, "-o PATH names another place");
  if (data::Beneath(repository.root()).look(path + ".mlops"))
    throw state_error(quote(path) + " is versioned already", next_for(repository, path));
  if (data::Beneath(repository.root()).look(path))
    throw state_error(quote(path) + " is there already", "-o PATH names another place");
}

int import(Context& context, const SourceOptions& options) {
  const auto repository = open_repository(context);
  const auto origin = origin_of(options);
  exchange::refuse_secrets(origin);
  const std::string path =
      data::own_path(*repository, options.output.empty() ? exchange::name_of(origin) : options.output);
  refuse_taken(*repository, path);
  const auto lease = repository->store().hold();  // until the pointer is written
  const auto imported =
      exchange::fetch_origin(*repository, origin, import_options(context.out, options.limit, options.sha256));
  refuse_taken(*repository, path);
  exchange::agree(origin);
  // The pointer first: whatever happens next, checkout goes on from it.
  data::write_pointer_text(*repository, path,
                           exchange::with_origin(data::pointer_text(imported->object, ""), imported->origin), "");
  data::ignore_in_git(*repository, path);
  data::restore(*repository, imported->object, path, {false, &context.out.progress(), interrupt_token()});
  context.out.progress().finish();
  const auto& object = imported->object;
  Json json = to_json(object, origin);
  if (!imported->origin.commit.empty()) json["commit"] = imported->origin.commit;
  put_path(json, path);
  if (context.out.json()) context.out.value(json);
  context.out.line(Text(shown_path(path, object), Style::bold) +
                   Text(fmt::format("  {} → {}", shown_amount(context.out, object), object.id.brief())));
  context.out.note("next: git add " +
                   shell_paths({path + ".mlops", data::join_path(data::split_path(path).first, ".gitignore")}));
  return k_exit_done;
}

}  // namespace

Run define_data_import(CLI::App& app) {
  auto options = std::make_shared<SourceOptions>();
  add_source_options(app, *options);
  return [options](Context& context) { return import(context, *options); };
}

}  // namespace mlops
