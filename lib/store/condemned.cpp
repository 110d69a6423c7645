#include "store/condemned.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>

#include "base/file.h"
#include "base/folder.h"
#include "store/bytes.h"
#include "store/pack_set.h"
#include "store/verified_packs.h"

namespace mlops::store {
namespace {

constexpr std::string_view k_magic = "mlopsCO2";
constexpr std::size_t k_checksum = 32, k_entry = k_key_size + 8, k_seen = 32 + 8 + 8;

void check_frame(Cursor& cursor, const std::string& text) {
  if (cursor.take(8) != k_magic) cursor.refuse("it is of an unknown kind");
  if (cursor.left() < k_checksum || sha256(std::string_view(text).substr(0, text.size() - k_checksum)) !=
                                        id_at(text.data() + text.size() - k_checksum))
    cursor.refuse("its checksum differs");
}

std::uint64_t take_count(Cursor& cursor, std::size_t size) {
  const auto count = cursor.integer<std::uint64_t>();
  if (count > cursor.left() / size) cursor.refuse("its length is impossible");
  return count;
}

std::vector<Condemned::Entry> take_entries(Cursor& cursor) {
  std::vector<Condemned::Entry> entries;
  const auto count = take_count(cursor, k_entry);
  entries.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Key key = key_at(cursor.take(k_key_size).data());
    if (!entries.empty() && !(entries.back().key < key)) cursor.refuse("its entries are not in order");
    entries.push_back({key, cursor.integer<Micros>()});
  }
  return entries;
}

std::vector<Condemned::Seen> take_seen(Cursor& cursor) {
  std::vector<Condemned::Seen> seen;
  const auto count = take_count(cursor, k_seen);
  seen.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Id pack = cursor.id();
    if (!seen.empty() && !(seen.back().pack < pack)) cursor.refuse("its packs are not in order");
    const auto inode = cursor.integer<std::uint64_t>();
    seen.push_back({pack, inode, cursor.integer<std::int64_t>()});
  }
  return seen;
}

struct Decoded {
  std::uint64_t id = 0;
  std::vector<Condemned::Entry> entries;
  std::vector<Condemned::Seen> seen;
};

Decoded decode(const std::string& text) {
  Cursor cursor(text, "the list of condemned objects");
  check_frame(cursor, text);
  Decoded out;
  out.id = cursor.integer<std::uint64_t>();
  out.entries = take_entries(cursor);
  out.seen = take_seen(cursor);
  if (cursor.left() != k_checksum) cursor.refuse("its length is impossible");
  return out;
}

std::optional<std::string> read_list(const Layout& layout) {
  if (!is_there(layout.condemned())) return std::nullopt;
  return read_file(layout.condemned(), std::uint64_t{1} << 34);
}

}  // namespace

Condemned Condemned::load(const Layout& layout) {
  const auto text = read_list(layout);
  Condemned list;
  if (text) try {
      auto decoded = decode(*text);
      list.id_ = decoded.id;
      list.entries_ = std::move(decoded.entries);
      list.seen_ = std::move(decoded.seen);
    } catch (const Error&) {
    }
  return list;
}

std::string Condemned::check(const Layout& layout) {
  const auto text = read_list(layout);
  try {
    if (text) decode(*text);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

std::optional<Condemned::Seen> Condemned::look(const Layout& layout, const Id& pack) {
  struct stat info {};
  if (::lstat(layout.index(pack).c_str(), &info) != 0) return std::nullopt;
  const FileStat state = file_stat(info);
  return Seen{pack, state.inode, state.mtime};
}

Condemned::Condemned(std::vector<Entry> entries, std::vector<Seen> seen)
    : id_(std::stoull(random_hex(16), nullptr, 16)), entries_(std::move(entries)), seen_(std::move(seen)) {
  std::sort(seen_.begin(), seen_.end());
}

Condemned Condemned::with(std::vector<Entry> entries, std::vector<Seen> seen) const {
  Condemned list(std::move(entries), std::move(seen));
  list.id_ = id_;
  return list;
}

void Condemned::save(const Layout& layout) const {
  std::string out(k_magic);
  append_integer(out, id_);
  append_integer(out, static_cast<std::uint64_t>(entries_.size()));
  for (const auto& entry : entries_) {
    const auto key = key_bytes(entry.key);
    out.append(key.data(), key.size());
    append_integer(out, entry.since);
  }
  append_integer(out, static_cast<std::uint64_t>(seen_.size()));
  for (const auto& pack : seen_) {
    append_id(out, pack.pack);
    append_integer(out, pack.inode);
    append_integer(out, pack.mtime);
  }
  append_id(out, sha256(out));
  replace_file(layout.condemned(), out, 0600);
}

bool Condemned::precedes(const Layout& layout, const Id& pack) const {
  const auto now = look(layout, pack);
  return now && !saw(*now);
}

bool Condemned::saw(const Seen& pack) const { return std::binary_search(seen_.begin(), seen_.end(), pack); }

bool is_over(Micros since, Micros grace, Micros now) {
  if (grace == 0) return true;
  return since <= now &&
         static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(since) >= static_cast<std::uint64_t>(grace);
}

bool is_impossible(Micros since, Micros now) {
  constexpr Micros k_year = Micros{365} * 24 * 3600 * 1'000'000;
  constexpr Micros k_first_store = 56 * k_year;  // the end of 2025; no clock was set to a time before it
  return now > k_first_store && since > now && since - now > k_year;
}

Micros end_of(Micros since, Micros grace) {
  return since > std::numeric_limits<Micros>::max() - grace ? std::numeric_limits<Micros>::max() : since + grace;
}

bool may_rely_on(const Condemned& list, const Layout& layout, const PackSet& set, const Key& key,
                 const std::set<const Pack*>& without) {
  const auto place = set.find(key);
  if (!place) return false;
  if (!list.has(key)) return !without.contains(place->pack);
  const auto places = set.find_all(key);
  return std::any_of(places.begin(), places.end(), [&](const Place& one) {
    return !without.contains(one.pack) && list.precedes(layout, one.pack->name());
  });
}

std::optional<Micros> Condemned::since(const Key& key) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), key, [](const Entry& e, const Key& k) { return e.key < k; });
  if (at == entries_.end() || at->key != key) return std::nullopt;
  return at->since;
}

}  // namespace mlops::store
