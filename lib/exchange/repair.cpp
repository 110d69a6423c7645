#include "exchange/repair.h"

#include <algorithm>

#include "base/error.h"
#include "base/temporary.h"
#include "base/text.h"
#include "data/heal.h"
#include "data/links.h"
#include "exchange/journal.h"
#include "exchange/push_note.h"
#include "store/remote/fetch.h"

namespace mlops::exchange {
namespace {

// Where an index is lost, so is the knowledge of what was here: then all that the versions need and a remote has is
// fetched.
bool index_is_lost(const data::Verification& found) {
  return std::any_of(found.damage.begin(), found.damage.end(), [](const auto& one) {
    return !one.cache && one.objects.empty() && one.file.extension() == ".index";
  });
}

std::vector<store::Key> wanted(const data::Verification& found, bool with_away) {
  auto keys = found.lost;
  if (with_away) keys.insert(keys.end(), found.away.begin(), found.away.end());
  return keys;
}

// One remote that can still be asked.
struct Source {
  std::unique_ptr<store::Remote> remote;
  std::unique_ptr<store::Catalogue> catalogue;
};

std::vector<Source> sources(const data::Repository& repository, const std::vector<NamedRemote>& remotes,
                            const store::TransferOptions& options, std::vector<std::string>& unreached) {
  std::vector<Source> out;
  for (const auto& named : remotes) try {
      Source source{open_remote(named, options.stop), nullptr};
      source.catalogue = std::make_unique<store::Catalogue>(*source.remote, cache_of(repository, named) / "indexes");
      out.push_back(std::move(source));
    } catch (const Error& error) {
      if (options.stop.stop_requested() || remotes.size() == 1) throw;
      unreached.push_back(named.name + ": " + error.message());
    }
  return out;
}

}  // namespace

Repaired repair(data::Repository& repository, const data::Verification& found, const std::vector<NamedRemote>& remotes,
                const store::TransferOptions& options) {
  Repaired out;
  out.after = found;
  auto fresh = data::Repository::open(repository.root());
  if (!found.absent.empty() || found.elsewhere > 0 ||
      !found.lost.empty()) {  // whole versions, of which the store may know nothing
    const auto intact = data::intact_in_work_tree(*fresh, options.progress, options.stop);
    out.healed = data::store_again(*fresh, intact, options.progress, options.stop).objects;
    if (out.healed > 0) {
      fresh = data::Repository::open(repository.root());
      out.after = data::verify_again(*fresh, out.after.damage);
    }
  }
  if (out.after.whole() && out.after.lost.empty()) return out;
  const bool with_away = index_is_lost(found);
  for (std::size_t healed = 1; healed > 0 && !out.after.lost.empty();) {  // a tree names more
    healed = data::heal_from_work_tree(*fresh, out.after.lost, options.progress, options.stop).objects;
    out.healed += healed;
    fresh = data::Repository::open(repository.root());  // an opened pack may have been replaced
    if (healed > 0) out.after = data::verify_again(*fresh, out.after.damage);
  }
  const bool ask = !wanted(out.after, with_away).empty();
  const auto from = ask ? sources(repository, remotes, options, out.unreached) : std::vector<Source>();
  for (bool more = true; more;) {  // what comes may be a tree or recipe, which names more
    more = false;
    for (const auto& source : from) {
      const auto got =
          store::fetch_again(fresh->store(), *source.remote, *source.catalogue, wanted(out.after, with_away), options);
      out.objects += got.objects;
      out.bytes += got.bytes;
      if (got.objects == 0) continue;
      fresh = data::Repository::open(repository.root());  // an opened pack may have been replaced
      auto after = data::verify_again(*fresh, out.after.damage);
      more = more || wanted(after, with_away) != wanted(out.after, with_away);
      out.after = std::move(after);
    }
  }
  out.salvaged = store::salvage(fresh->store(), out.after.damage, {out.after.lost.begin(), out.after.lost.end()},
                                [&](const fs::path& pack) { return data::own_links_to(*fresh, pack); });
  if (out.objects + out.healed == 0 && out.salvaged.packs == 0 && out.salvaged.set_aside.empty()) return out;
  fresh = data::Repository::open(repository.root());
  out.after = data::verify(*fresh, *options.progress, options.stop);
  return out;
}

namespace {

// Of "packs/ID.pack".
std::optional<Id> pack_of(const store::Damage& damage) {
  if (damage.file.extension() != ".pack" || damage.file.parent_path() != "packs") return std::nullopt;
  return Id::from_hex(damage.file.stem().string());
}

// What is nowhere to be had stays damaged.
void forget_mended(store::Inspection& found, const store::Mended& mended) {
  std::erase_if(found.damage, [&](store::Damage& one) {
    const auto pack = pack_of(one);
    if (!pack) return false;
    const auto lost = mended.lost.find(*pack);
    if (lost == mended.lost.end()) return true;
    one.objects = lost->second;
    return false;
  });
}

}  // namespace

RemoteMended mend(data::Repository& repository, const NamedRemote& named, const store::TransferOptions& options) {
  RemoteMended out{inspect(repository, named, true, options), {}};
  std::set<Id> packs;
  for (const auto& one : out.after.damage)
    if (const auto pack = pack_of(one)) packs.insert(*pack);
  if (packs.empty()) return out;
  store::ListingRemote remote(open_remote(named, options.stop));
  if (remote.read_only())
    throw state_error(printable(named.url) + " can only be read",
                      "repair the directory, machine or bucket that it shows; mlops remote list");
  const store::Catalogue catalogue(remote, cache_of(repository, named) / "indexes");
  catalogue.condemned().require_all();
  out.mended = store::mend(repository.store(), remote, catalogue, packs, options);
  forget_mended(out.after, out.mended);
  return out;
}

store::Inspection inspect(const data::Repository& repository, const NamedRemote& named, bool deep,
                          const store::TransferOptions& options) {
  const auto remote = open_remote(named, options.stop);
  store::require_there(*remote, cache_of(repository, named) / "indexes");
  auto out = store::inspect(*remote, deep, options);
  const TemporaryFolder folder(repository.state() / "tmp");
  try {
    const Journal journal(*remote, folder.path());
    const store::Catalogue catalogue(*remote, folder.path() / "indexes");
    std::vector<std::pair<store::Kind, Id>> missing;
    for (const auto& id : journal.shared())
      if (!catalogue.has({store::Kind::record, id})) missing.emplace_back(store::Kind::record, id);
    catalogue.for_each_pack(
        [&](const Id& name, const store::PackIndex&) { out.condemned += catalogue.condemned().has(name) ? 1 : 0; });
    std::erase_if(out.damage, [&](const auto& one) {
      const auto pack = pack_of(one);
      return pack && catalogue.condemned().has(*pack) && catalogue.can_be_spared(*pack);
    });
    for (const auto& problem : catalogue.condemned().problems())
      out.damage.push_back({"condemned", problem.message(), false, {}});
    if (!missing.empty())
      out.damage.push_back({"journal", "records that it names are not there", false, std::move(missing)});
    (void)read_push_notes(*remote);  // throws for one that is none
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside || options.stop.stop_requested()) throw;
    const bool said = std::any_of(out.damage.begin(), out.damage.end(), [&](const auto& one) {
      return error.message().find(one.file.string()) != std::string::npos;
    });
    if (!said) out.damage.push_back({"journal", error.message(), false, {}});
  }
  return out;
}

}  // namespace mlops::exchange
