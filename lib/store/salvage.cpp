#include "store/salvage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/shared_folder.h"
#include "store/condemned.h"
#include "store/local_store.h"
#include "store/object_reader.h"
#include "store/store_writer.h"

namespace mlops::store {
namespace {

class Salvage {
 public:
  Salvage(LocalStore& store, const std::vector<Damage>& damage, const std::set<Key>& lost, const OwnLinks& own_links)
      : store_(store),
        layout_(store.layout()),
        lost_(lost),
        own_links_(own_links),
        lock_(FileLock::try_lock(layout_.gc_lock())),
        set_(store.packs()) {
    if (!lock_) throw state_error("a mlops gc is at work here", "wait until it has ended");
    for (const auto& one : damage)
      if (const auto name = Id::from_hex(one.file.stem().string()); name && !one.cache) damaged_.insert(*name);
  }

  Salvaged run() {
    StoreWriter writer(store_, true);
    std::vector<Id> leave;
    for (const auto& name : damaged_)
      if (take(name, writer)) leave.push_back(name);
    writer.commit();
    const std::set<Id> written(writer.written().begin(), writer.written().end());
    for (const auto& name : leave)
      if (!written.contains(name)) remove(name);  // else it was written anew under the same name
    out_.packs = leave.size();
    sync_directory(layout_.packs());
    return out_;
  }

 private:
  // True where nothing needs the pack any more, once the writer has committed.
  bool take(const Id& name, StoreWriter& writer) {
    std::unique_ptr<PackIndex> index;
    try {
      index = std::make_unique<PackIndex>(MappedFile(layout_.index(name)), name);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;  // that it can't be opened now does not make it damaged
      return lost_.empty() && set_aside(name), false;
    }
    const Pack pack(layout_, name);
    seen_[name] = Condemned::look(layout_, name);
    if (index->plain()) plain_.insert(name);
    bool all = true;
    for (const auto& entry : index->by_offset()) all = take(pack, entry, writer) && all;
    return all;
  }

  bool take(const Pack& pack, const PackEntry& entry, StoreWriter& writer) {
    if (stands_in_a_whole_pack(entry.key)) return true;
    try {
      writer.put_stored(entry.key, read_stored(entry.key, {&pack, entry.extent}), entry.extent.plain);
      ++out_.objects;
      return true;
    } catch (const Error& error) {  // a mended copy in a damaged pack would be found by whoever mends that one
      if (error.kind() == ErrorKind::outside) (void)open_file(pack.file(), O_RDONLY);  // throws where that is why
      return !lost_.contains(entry.key);
    }
  }

  bool stands_in_a_whole_pack(const Key& key) const {
    const auto places = set_->find_all(key);
    return std::any_of(places.begin(), places.end(), [&](const Place& place) {
      if (damaged_.contains(place.pack->name())) return false;
      try {
        (void)read_object(key, place);
        return true;
      } catch (const Error&) {
        return false;
      }
    });
  }

  // The index first: what has none is not in the store. One that others put anew under this name since stays.
  void remove(const Id& name) {
    if (plain_.contains(name)) {
      const auto own = own_links_(layout_.pack(name));
      out_.own_files.insert(out_.own_files.end(), own.begin(), own.end());
    }
    const FileLock nobody_publishes(layout_.publish_lock());
    if (Condemned::look(layout_, name) != seen_[name]) return;
    ::unlink(layout_.index(name).c_str());
    ::unlink(layout_.pack(name).c_str());
  }

  bool set_aside(const Id& name) {
    const fs::path folder = layout_.root.parent_path() / "damaged";
    make_private_directory(folder);
    for (const auto& file : {layout_.index(name), layout_.pack(name)}) {
      const fs::path to = folder / file.filename();
      if (::rename(file.c_str(), to.c_str()) == 0 && file.extension() == ".pack") out_.set_aside.push_back(to);
    }
    return true;
  }

  LocalStore& store_;
  const Layout& layout_;
  const std::set<Key>& lost_;
  const OwnLinks& own_links_;
  FileLock lock_;
  std::shared_ptr<const PackSet> set_;
  std::set<Id> damaged_, plain_;
  std::map<Id, std::optional<Condemned::Seen>> seen_;
  Salvaged out_;
};

}  // namespace

Salvaged salvage(Store& store, const std::vector<Damage>& damage, const std::set<Key>& lost,
                 const OwnLinks& own_links) {
  return Salvage(dynamic_cast<LocalStore&>(store), damage, lost, own_links).run();
}

}  // namespace mlops::store
