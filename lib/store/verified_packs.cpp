#include "store/verified_packs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/folder.h"
#include "store/bytes.h"
#include "store/pack_index.h"

namespace mlops::store {
namespace {

constexpr std::string_view k_magic = "mlopsVP1";
constexpr std::size_t k_record = 32 + 1 + 4 * 8, k_checksum = 32;

fs::path file_of(const Layout& layout) { return layout.root / "verified"; }

std::map<Id, VerifiedPack> decode(const std::string& text) {
  Cursor cursor(text, "the list of verified packs");
  if (cursor.take(8) != k_magic) cursor.refuse("it is of an unknown kind");
  const auto count = cursor.integer<std::uint64_t>();
  if (cursor.left() < k_checksum || (cursor.left() - k_checksum) % k_record != 0 ||
      (cursor.left() - k_checksum) / k_record != count)
    cursor.refuse("its length is impossible");
  if (sha256(std::string_view(text).substr(0, text.size() - k_checksum)) !=
      id_at(text.data() + text.size() - k_checksum))
    cursor.refuse("its checksum differs");
  std::map<Id, VerifiedPack> packs;
  for (std::uint64_t i = 0; i < count; ++i) {
    VerifiedPack& pack = packs[cursor.id()];
    pack.whole = cursor.integer<std::uint8_t>() != 0;
    pack.state.size = cursor.integer<std::uint64_t>();
    pack.state.inode = cursor.integer<std::uint64_t>();
    pack.state.mtime = cursor.integer<std::int64_t>();
    pack.state.ctime = cursor.integer<std::int64_t>();
  }
  return packs;
}

bool is_plain_index(const fs::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::array<char, k_plain_index_magic.size()> magic{};
  return fd && ::pread(fd.get(), magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size()) &&
         std::string_view(magic.data(), magic.size()) == k_plain_index_magic;
}

std::map<Id, VerifiedPack> plain_packs(const Layout& layout) {
  std::map<Id, VerifiedPack> out;
  for (const auto& file : entries_of(layout.packs())) {
    const auto name = Id::from_hex(file.stem().string());
    if (name && file.extension() == ".index" && is_plain_index(file)) out[*name] = {};
  }
  return out;
}

std::optional<std::string> read_list(const Layout& layout) {
  if (!is_there(file_of(layout))) return std::nullopt;
  return read_file(file_of(layout));
}

}  // namespace

VerifiedPacks VerifiedPacks::load(const Layout& layout) {
  VerifiedPacks list;
  if (const auto text = read_list(layout)) try {
      list.packs_ = decode(*text);
      return list;
    } catch (const Error&) {
    }
  list.packs_ = plain_packs(layout);
  return list;
}

std::string VerifiedPacks::check(const Layout& layout) {
  const auto text = read_list(layout);
  try {
    if (text) decode(*text);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

void VerifiedPacks::create(const Layout& layout) {
  const FileLock lock(layout.root / "verified.lock");
  if (!is_there(file_of(layout))) VerifiedPacks().save(layout, false);
}

void VerifiedPacks::note(const Layout& layout, const std::map<Id, std::optional<VerifiedPack>>& entries) {
  if (entries.empty()) return;
  const FileLock lock(layout.root / "verified.lock");
  VerifiedPacks list = load(layout);
  for (const auto& [pack, entry] : entries) list.packs_[pack] = entry.value_or(VerifiedPack{});
  list.save(layout, std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return !entry.second; }));
}

void VerifiedPacks::sweep(const Layout& layout) {
  if (!is_there(file_of(layout))) return;
  const FileLock lock(layout.root / "verified.lock");
  VerifiedPacks list = load(layout);
  std::erase_if(list.packs_, [&](const auto& entry) { return !is_there(layout.pack(entry.first)); });
  list.save(layout, false);
}

const VerifiedPack* VerifiedPacks::find(const Id& pack) const {
  const auto found = packs_.find(pack);
  return found == packs_.end() ? nullptr : &found->second;
}

void VerifiedPacks::save(const Layout& layout, bool durable) const {
  std::string out(k_magic);
  append_integer(out, static_cast<std::uint64_t>(packs_.size()));
  for (const auto& [name, pack] : packs_) {
    append_id(out, name);
    append_integer(out, static_cast<std::uint8_t>(pack.whole));
    append_integer(out, pack.state.size);
    append_integer(out, pack.state.inode);
    append_integer(out, pack.state.mtime);
    append_integer(out, pack.state.ctime);
  }
  append_id(out, sha256(out));
  replace_file(file_of(layout), out, 0600, durable);
}

}  // namespace mlops::store
