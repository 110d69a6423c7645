#include "data/course.h"

#include <algorithm>

#include "base/error.h"
#include "data/kept.h"
#include "data/revision.h"

namespace mlops::data {
namespace {

std::optional<Id> id_in(const store::Store& store, const ObjectRef& version, const std::string& inside) {
  const auto entry = version.kind == store::Kind::tree ? descend(store, version, inside) : std::nullopt;
  return entry ? std::optional(entry->id) : std::nullopt;
}

// A file that is what its path was in another version has not been changed; of any other, whoever put it there knows.
Position guess(Repository& repository, const std::string& path, const ObjectRef& here,
               const std::function<bool()>& loses) {
  if (here.kind == store::Kind::tree) return {loses() ? Course::unknown : Course::ours, here.id};
  const bool earlier = !would_be_lost(repository, {{path, here.id}}, Asked::versions_of_path)[0];
  return {earlier ? Course::behind : Course::ours, here.id};
}

}  // namespace

Position position(Repository& repository, const std::string& path, const ObjectRef& pointer, const ObjectRef& here,
                  const std::function<bool()>& loses) {
  const bool same = level(repository, path, path, pointer);
  if (here.id == pointer.id && !same) set_base(repository, path, path, pointer);
  if (here.id == pointer.id || same) return {};
  const auto base = find_base(repository, path, path);
  if (!base) return guess(repository, path, here, loses);
  return {base->id == here.id ? Course::behind : Course::apart, base->id};
}

Position position(Repository& repository, const std::string& path, const ObjectRef& pointer, const Standing& standing) {
  if (!standing.here) return {};
  return position(repository, path, pointer, *standing.here, [&] {
    return std::any_of(standing.changes.begin(), standing.changes.end(),
                       [](const Change& change) { return change.kind != '+'; });
  });
}

Position position_inside(Repository& repository, const std::string& tracked, const std::string& path,
                         const ObjectRef& pointer, const ObjectRef& here, const std::function<bool()>& loses) {
  if (level(repository, tracked, path, pointer)) return {};
  const std::string inside = path.substr(tracked.size() + 1);
  try {
    const auto now = id_in(repository.store(), pointer, inside);
    if (now == here.id) return {};
    const auto base = find_base(repository, tracked, path);
    if (!base || !repository.store().has(base->kind, base->id)) return guess(repository, path, here, loses);
    const auto then = id_in(repository.store(), *base, inside);
    if (then == now) return {};
    return {then == here.id ? Course::behind : Course::apart, then.value_or(here.id)};
  } catch (const Error& error) {  // a list of files on the way is not here
    if (error.kind() != ErrorKind::state) throw;
    return guess(repository, path, here, loses);
  }
}

}  // namespace mlops::data
