#include "store/known_damage.h"

#include <sys/stat.h>

#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_limit = 64 << 20;
constexpr std::size_t k_most_objects = 100'000;  // more is no damage that files of the work tree mend

fs::path note_of(const Layout& layout) { return layout.root / "damage"; }

// What tells whether the file is another one by now. nullopt: there is none.
std::optional<Json> looks(const fs::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const FileStat state = file_stat(info);
  return Json{state.inode, state.size, state.mtime};
}

std::optional<Key> key_of(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto id = Id::from_hex(text_or(object, "id"));
  for (const auto kind : {Kind::chunk, Kind::file, Kind::tree, Kind::record})
    if (id && text_or(object, "kind") == to_text(kind)) return Key{kind, *id};
  return std::nullopt;
}

void add(const Layout& layout, const Json& pack, std::map<Id, std::set<Key>>& out) {
  const auto name = pack.is_object() ? Id::from_hex(text_or(pack, "pack")) : std::nullopt;
  if (!name || looks(layout.pack(*name)) != pack.value("file", Json())) return;
  for (const auto& object : pack.at("objects"))
    if (const auto key = key_of(object)) out[*name].insert(*key);
}

}  // namespace

std::map<Id, std::set<Key>> known_damage(const Layout& layout) {
  std::map<Id, std::set<Key>> out;
  try {
    if (!is_there(note_of(layout))) return out;
    const Json note = parse_json(read_file(note_of(layout), k_limit), "store/damage");
    for (const auto& pack : note.at("packs")) add(layout, pack, out);
  } catch (const std::exception&) {  // only a cache
    out.clear();
  }
  return out;
}

void note_damage(const Layout& layout, const std::vector<Damage>& damage) {
  Json packs = Json::array();
  std::size_t count = 0;
  for (const auto& one : damage) {
    const auto file = looks(one.file);
    if (one.cache || one.objects.empty() || one.file.extension() != ".pack" || !file) continue;
    if ((count += one.objects.size()) > k_most_objects) break;
    Json objects = Json::array();
    for (const auto& [kind, id] : one.objects) objects.push_back({{"kind", to_text(kind)}, {"id", id.hex()}});
    packs.push_back({{"pack", one.file.stem().string()}, {"file", *file}, {"objects", objects}});
  }
  std::error_code ignored;
  if (packs.empty()) {
    fs::remove(note_of(layout), ignored);
    return;
  }
  try {
    replace_file(note_of(layout), canonical_json({{"type", "damage"}, {"version", 1}, {"packs", packs}}), 0600, false);
  } catch (const Error&) {
  }
}

}  // namespace mlops::store
