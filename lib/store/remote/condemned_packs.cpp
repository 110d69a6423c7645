#include "store/remote/condemned_packs.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/text.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr std::string_view k_folder = "condemned/";
constexpr std::string_view k_kept = ".condemned";  // the copy's name: SHA256.condemned

std::optional<Id> list_id(const std::string& name) {
  return name.starts_with(k_folder) ? Id::from_hex(std::string_view(name).substr(k_folder.size())) : std::nullopt;
}

Json names_of(const std::vector<Id>& packs) {
  Json out = Json::array();
  for (const auto& pack : packs) out.push_back(pack.hex());
  return out;
}

std::vector<Id> ids_of(const Json& list, const char* key, const std::string& name) {
  std::vector<Id> out;
  const auto found = list.find(key);
  if (found == list.end()) return out;
  if (!found->is_array()) throw state_error(name + " is no list of condemned packs");
  for (const auto& one : *found) {
    const auto id = one.is_string() ? Id::from_hex(one.get_ref<const std::string&>()) : std::nullopt;
    if (!id || (!out.empty() && !(out.back() < *id))) throw state_error(name + " is no list of condemned packs");
    out.push_back(*id);
  }
  return out;
}

std::optional<std::string> read_copy(const fs::path& file, const Id& id) {
  if (!is_there(file)) return std::nullopt;
  std::string text = read_file(file, k_condemned_limit);
  return sha256(text) == id ? std::optional(std::move(text)) : std::nullopt;
}

std::string read_list(const Remote& remote, const Remote::Item& item, const fs::path& folder) {
  const Id id = *list_id(item.name);
  const fs::path copy = folder / (id.hex() + std::string(k_kept));
  if (auto text = read_copy(copy, id)) return *text;
  const std::string what = item.name + " on " + printable(remote.url());
  if (item.size > k_condemned_limit)
    throw state_error(what + " is larger than such a list may be: " + show_size(item.size));
  std::string text = remote.read(item.name, 0, item.size);
  if (sha256(text) != id) throw state_error(what + " is not what its name says");
  replace_file(copy, text, 0600, false);
  return text;
}

}  // namespace

std::string encode_condemned_list(const CondemnedList& list) {
  return canonical_json({{"type", "condemned"},
                         {"version", 1},
                         {"time", to_utc(list.time)},
                         {"condemned", names_of(list.condemned)},
                         {"deleted", names_of(list.deleted)}});
}

CondemnedList parse_condemned_list(std::string_view text, const std::string& name) {
  const Json list = parse_json(text, name);
  if (!list.is_object() || text_or(list, "type") != "condemned")
    throw state_error(name + " is no list of condemned packs");
  if (integer_or(list, "version") != 1)
    throw state_error(name + " was written by a later mlops", "install the version that your team uses");
  const auto time = parse_time(text_or(list, "time"));
  if (!time) throw state_error(name + " is no list of condemned packs");
  return {*time, ids_of(list, "condemned", name), ids_of(list, "deleted", name)};
}

std::string condemned_list_name(std::string_view text) { return std::string(k_folder) + sha256(text).hex(); }

void condemn(Remote& remote, std::vector<Id> packs) {
  std::sort(packs.begin(), packs.end());
  const std::string text = encode_condemned_list({now_micros(), std::move(packs), {}});
  remote.write_once(condemned_list_name(text), std::string_view(text));
}

CondemnedPacks::CondemnedPacks(const Remote& remote, const fs::path& folder) {
  fs::create_directories(folder);
  auto items = remote.list(std::string(k_folder));
  std::erase_if(items, [](const auto& item) { return !list_id(item.name); });
  std::mutex mutex;
  transfer_each(remote, items, [&](std::size_t i) {
    try {
      const auto list =
          parse_condemned_list(read_list(remote, items[i], folder), items[i].name + " on " + printable(remote.url()));
      const std::lock_guard lock(mutex);
      take(list);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
      const std::lock_guard lock(mutex);
      problems_.push_back(error);
    }
  });
  for (auto& item : items) lists_.insert(std::move(item.name));
}

void CondemnedPacks::take(const CondemnedList& list) {
  for (const auto& packs : {list.condemned, list.deleted})
    for (const auto& pack : packs) {
      const auto [at, fresh] = since_.emplace(pack, list.time);
      if (!fresh) at->second = std::min(at->second, list.time);
    }
  deleted_.insert(list.deleted.begin(), list.deleted.end());
}

void CondemnedPacks::require_all() const {
  if (problems_.empty()) return;
  const Error& first = problems_.front();
  if (!first.hint().empty()) throw first;
  throw state_error(
      first.message(),
      "without it nobody can tell what may be relied on there; mlops fsck --remote NAME names all that is damaged");
}

}  // namespace mlops::store
