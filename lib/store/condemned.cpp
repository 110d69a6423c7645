#include "store/condemned.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "store/bytes.h"

namespace mlops::store {
namespace {

constexpr std::string_view k_magic = "mlopsCO1";
constexpr std::size_t k_checksum = 32;

std::vector<Condemned::Entry> decode(const std::string& text) {
  Cursor cursor(text, "the list of condemned objects");
  if (cursor.take(8) != k_magic) cursor.refuse("it is of an unknown kind");
  const auto count = cursor.integer<std::uint64_t>();
  if (cursor.left() < k_checksum || count > cursor.left() / (k_key_size + 8) || cursor.left() - k_checksum != count * (k_key_size + 8)) cursor.refuse("its length is impossible");
  if (sha256(std::string_view(text).substr(0, text.size() - k_checksum)) != id_at(text.data() + text.size() - k_checksum))
    cursor.refuse("its checksum differs");
  std::vector<Condemned::Entry> entries;
  entries.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Key key = key_at(cursor.take(k_key_size).data());
    if (!entries.empty() && !(entries.back().key < key)) cursor.refuse("its entries are not in order");
    entries.push_back({key, cursor.integer<Micros>()});
  }
  return entries;
}

std::optional<std::string> read_list(const Layout& layout) {
  std::error_code ignored;
  if (!fs::exists(layout.condemned(), ignored)) return std::nullopt;
  return read_file(layout.condemned(), std::uint64_t{1} << 34);
}

}  // namespace

Condemned Condemned::load(const Layout& layout) {
  const auto text = read_list(layout);
  if (!text) return {};
  try {
    return Condemned(decode(*text));
  } catch (const Error&) {
    return {};
  }
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

Micros Condemned::written(const Layout& layout) {
  struct stat info {};
  if (::stat(layout.condemned().c_str(), &info) != 0) return 0;
  return Micros{info.st_ctim.tv_sec} * 1'000'000 + info.st_ctim.tv_nsec / 1000;
}

void Condemned::save(const Layout& layout) const {
  std::string out(k_magic);
  append_integer(out, static_cast<std::uint64_t>(entries_.size()));
  for (const auto& entry : entries_) {
    const auto key = key_bytes(entry.key);
    out.append(key.data(), key.size());
    append_integer(out, entry.since);
  }
  append_id(out, sha256(out));
  replace_file(layout.condemned(), out, 0600);
}

std::optional<Micros> Condemned::since(const Key& key) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key, [](const Entry& e, const Key& k) { return e.key < k; });
  if (at == entries_.end() || at->key != key) return std::nullopt;
  return at->since;
}

}  // namespace mlops::store
