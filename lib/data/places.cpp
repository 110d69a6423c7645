#include "data/places.h"

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/revision.h"
#include "data/subtrees.h"
#include "data/tracked.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

}  // namespace

Places::Places(const Repository& repository) : repository_(repository), rules_(repository) {
  for (auto& path : tracked_paths(repository)) taken_.insert(std::move(path));
}

void Places::refuse_name(const std::string& path, const std::string& elsewhere) const {
  if (path == "." || path.ends_with(".mlops")) throw input_error(quote(path) + " is no place for data", elsewhere);
  check_path(path);
  rules_.refuse_file_of_git(path);
  const std::string other = repository_around(repository_.root(), path);
  if (!other.empty())
    throw input_error(quote(path) + " lies in " + quote(other) + ", a repository of its own", elsewhere);
}

void Places::refuse_overlap(const std::string& path, const std::string& elsewhere) const {
  const Beneath root(repository_.root());
  for (std::string above = split_path(path).first; !above.empty(); above = split_path(above).first)
    if (taken_.contains(above) || root.look(above + ".mlops"))
      throw state_error(quote(path) + " lies in " + quote(above) + ", which is versioned as a whole", elsewhere);
  if (const auto below = first_below(taken_, path); below != taken_.end())
    throw state_error(
        quote(*below) + " in " + quote(path) + " is versioned by itself",
        elsewhere + "; or mlops data rm --keep " + shell_path(*below) + " lets " + shell_path(path) + " have it");
}

void Places::claim(const std::string& path, const std::string& elsewhere) {
  refuse_name(path, elsewhere);
  refuse_overlap(path, elsewhere);
  rules_.refuse_pointer(path);
  taken_.insert(path);
}

}  // namespace mlops::data
