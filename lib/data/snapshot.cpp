// From the work tree to ids, and into the store.
#include "base/text.h"
#include "data/memory.h"
#include "data/stock.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

ObjectRef take(Stock& stock, const Beneath& root, const std::string& path) {
  check_path(path);
  const auto info = root.look(path);
  if (!info) throw input_error("there is no file or directory " + quote(path));
  const auto mode = mode_of(*info);
  if (!mode) throw input_error(quote(path) + " is no file or directory and can't be versioned");
  if (mode == store::Mode::directory) return stock.take_directory(path);
  if (mode != store::Mode::link) return stock.take_file(path, *info);
  const auto packed = stock.take_link(path);
  if (!packed)
    throw input_error(quote(path) + " is a link, which can't be versioned by itself",
                      "name the file or directory that it leads to");
  return {store::Kind::file, packed->id, packed->size};
}

}  // namespace

std::vector<Snapshot> snapshots(Repository& repository, std::span<const std::string> paths,
                                const SnapshotOptions& options) {
  const Memory::Batch batch(repository.memory());
  const Beneath root(repository.root());
  const auto writer = options.keep ? repository.store().writer() : nullptr;
  const auto stored = [&] { return writer ? writer->new_bytes() : 0; };
  std::vector<std::unique_ptr<Stock>> stocks;
  std::vector<Snapshot> out;
  const Micros begun = now_micros();
  for (Micros at = begun; out.size() < paths.size() && (out.empty() || at < begun + k_together);) {
    const auto before = stored();
    auto stock = std::make_unique<Stock>(repository, root, options, writer.get());
    try {
      const auto object = take(*stock, root, paths[out.size()]);
      stocks.push_back(std::move(stock));
      if (options.stop.stop_requested()) break;
      const Micros now = now_micros();
      out.push_back({object, stored() - before, now - std::exchange(at, now)});
    } catch (const Error&) {  // the next call names it
      if (out.empty()) throw;
      break;
    }
  }
  if (writer) writer->commit();
  for (const auto& stock : stocks) {
    stock->look_again();
    stock->save_cache();
  }
  if (out.empty()) throw state_error("interrupted; what was read so far is kept", "the same command continues");
  return out;
}

Snapshot snapshot(Repository& repository, const std::string& path, const SnapshotOptions& options) {
  return snapshots(repository, std::span(&path, 1), options)[0];
}

}  // namespace mlops::data
