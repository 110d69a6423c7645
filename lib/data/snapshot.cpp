// From the work tree to ids, and into the store.
#include "base/text.h"
#include "data/stock.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

}  // namespace

Snapshot snapshot(Repository& repository, const std::string& path, const SnapshotOptions& options) {
  check_path(path);
  const Beneath root(repository.root());
  const auto info = root.look(path);
  if (!info) throw input_error("there is no file or directory " + quote(path));
  const auto mode = mode_of(*info);
  if (!mode) throw input_error(quote(path) + " is no file or directory and can't be versioned");
  const auto writer = options.keep ? repository.store().writer() : nullptr;
  Stock stock(repository, root, options, writer.get());
  const auto packed = mode == store::Mode::link ? stock.take_link(path) : std::nullopt;
  if (mode == store::Mode::link && !packed)
    throw input_error(quote(path) + " is a link, which can't be versioned by itself",
                      "name the file or directory that it leads to");
  const ObjectRef object = packed                           ? ObjectRef{store::Kind::file, packed->id, packed->size}
                           : mode == store::Mode::directory ? stock.take_directory(path)
                                                            : stock.take_file(path, *info);
  if (writer) writer->commit();
  stock.look_again();
  stock.save_cache();
  if (options.stop.stop_requested())
    throw state_error("interrupted; what was read so far is kept", "the same command continues");
  return {object, writer ? writer->new_bytes() : 0};
}

}  // namespace mlops::data
