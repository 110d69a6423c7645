#include "data/heal.h"

#include <set>

#include "data/roots.h"
#include "data/stock.h"
#include "data/whole.h"
#include "store/heal.h"

namespace mlops::data {
namespace {

std::set<std::string> versioned_paths(const Repository& repository) {
  std::set<std::string> out;
  for (const auto& path : tracked_paths(repository)) out.insert(path);
  for_each_work_tree_root(repository, [&](const Root& root) {  // outputs of stages too
    if (!root.path.empty()) out.insert(root.path);
  });
  return out;
}

void read(Repository& repository, const Beneath& root, const std::string& path, const SnapshotOptions& options,
          store::Healer& healer) {
  const auto info = root.look(path);
  const auto mode = info ? mode_of(*info) : std::nullopt;
  if (!mode || mode == store::Mode::link) return;
  Stock stock(repository, root, options, &healer);
  if (mode == store::Mode::directory)
    stock.take_directory(path);
  else
    stock.take_file(path, *info);
}

// What stands at `path` is version `id`, and the store does not have all of it.
bool is_intact(Repository& repository, const std::string& path, const Id& id, const SnapshotOptions& looking) {
  try {
    const auto here = snapshot(repository, path, looking).object;
    return here.id == id && !has_whole_version(repository.store(), here);
  } catch (const Error& error) {  // nothing is there, or no version
    if (error.kind() == ErrorKind::outside) throw;
    return false;
  }
}

}  // namespace

std::vector<Intact> intact_in_work_tree(Repository& repository, Progress* progress, const std::stop_token& stop) {
  std::set<std::pair<std::string, Id>> seen;
  for_each_work_tree_root(repository, [&](const Root& root) {
    if (!root.path.empty()) seen.emplace(root.path, root.id);
  });
  std::vector<Intact> out;
  for (const auto& [path, id] : seen)
    if (is_intact(repository, path, id, {.keep = false, .progress = progress, .stop = stop})) out.push_back({path, id});
  return out;
}

Healed store_again(Repository& repository, const std::vector<Intact>& versions, Progress* progress,
                   const std::stop_token& stop) {
  Healed out;
  for (const auto& [path, id] : versions) {
    const auto taken = snapshot(repository, path, {.keep = true, .progress = progress, .stop = stop});
    out.objects += taken.object.id == id ? taken.object.files : 0;
    out.bytes += taken.new_bytes;
  }
  return out;
}

Healed heal_from_work_tree(Repository& repository, const std::vector<store::Key>& lost, Progress* progress,
                           const std::stop_token& stop) {
  const std::set<store::Key> keys(lost.begin(), lost.end());
  if (keys.empty()) return {};
  store::Healer healer(repository.store(), keys);
  const Beneath root(repository.root());
  const SnapshotOptions options{.keep = true, .progress = progress, .stop = stop};
  for (const auto& path : versioned_paths(repository)) try {
      read(repository, root, path, options, healer);
    } catch (const Error& error) {  // it is no version now
      if (error.kind() == ErrorKind::outside) throw;
    }
  if (stop.stop_requested()) throw state_error("interrupted");
  healer.commit();
  return {healer.healed(), healer.new_bytes()};
}

}  // namespace mlops::data
