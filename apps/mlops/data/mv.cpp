#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/inside.h"
#include "data/places.h"
#include "data/revision.h"
#include "data/tracked.h"

namespace mlops {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

// As mv does: into a directory that is there, under the same name.
std::string target(data::Repository& repository, const std::string& from, const std::string& typed,
                   const std::string& tracked) {
  const std::string to = data::own_path(repository, typed);
  const data::Beneath root(repository.root());
  const auto here = root.look(to);
  bool directory = here && S_ISDIR(here->st_mode) && (root.look(from) || typed.ends_with('/'));
  if (!tracked.empty() && to.starts_with(tracked + "/")) {
    const auto entry = data::descend(repository.store(), data::read_pointer(repository, tracked)->object,
                                     to.substr(tracked.size() + 1));
    directory = directory || (entry && entry->mode == store::Mode::directory);
  }
  directory = directory || (!tracked.empty() && to == tracked) || to == ".";
  return directory ? data::join_path(to == "." ? "" : to, data::split_path(from).second) : to;
}

int mv(Context& context, const std::string& typed_from, const std::string& typed_to) {
  const auto repository = open_repository(context);
  const std::string from = data::own_path(*repository, typed_from);
  const auto above = data::tracked_above(*repository, from);
  if (!above) throw input_error(quote(from) + " is not versioned by mlops", "git mv moves what git has");
  const bool inside = *above != from;
  const std::string to = target(*repository, from, typed_to, inside ? *above : "");
  if (to.ends_with(".mlops")) throw input_error(quote(to) + " is a pointer's name");
  const auto other = data::tracked_above(*repository, to);
  if (other && *other != to && (!inside || *other != *above))
    throw input_error(
        quote(to) + " would lie in " + quote(*other) + ", which is versioned as a whole",
        "copy the files there, mlops data add " + shell_path(to) + ", then mlops data rm " + shell_path(from));
  if (inside && (!other || *other != *above))
    throw input_error(
        quote(from) + " is part of " + quote(*above) + ", and " + quote(to) + " is not",
        "copy the files there, mlops data add " + shell_path(to) + ", then mlops data rm " + shell_path(from));
  if (inside) {
    data::GitRules(*repository).refuse_pointer(*above);
    data::move_inside(*repository, *above, from, to);
  } else {
    data::Places places(*repository);
    places.release(from);
    places.claim(to, "name another place");
    data::move_tracked(*repository, from, to);
  }
  Json json{{"from", to_utf8(from)}};
  put_path(json, to);
  if (context.out.json()) context.out.value(json);
  context.out.line(Text(from) + Text(" → ") + Text(to, Style::bold));
  context.out.note(inside ? "next: git add " + shell_path(*above + ".mlops")
                          : "next: git add -A    records that the pointer moved");
  return k_exit_done;
}

}  // namespace

Run define_data_mv(CLI::App& app) {
  auto from = std::make_shared<std::string>(), to = std::make_shared<std::string>();
  app.add_option("OLD", *from, "a versioned path, or a path in one")->required();
  app.add_option("NEW", *to, "its new place, or a directory that is there")->required();
  return [from, to](Context& context) { return mv(context, *from, *to); };
}

}  // namespace mlops
