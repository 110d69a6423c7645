#include "store/remote/listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr const char* k_folder = "listing/";
constexpr int k_most_names = 100;  // that pushers may take at the same time

bool is_condemned(const std::string& name) { return name.starts_with("condemned/"); }

bool is_listed(const std::string& name) {
  return (name.starts_with("packs/") && name.ends_with(".index")) || name.starts_with("journal/") || is_condemned(name);
}

// "listing/NUMBER" → NUMBER, 0 for anything else.
std::uint64_t number_of(const std::string& name) {
  const std::string digits = name.starts_with(k_folder) ? name.substr(8) : "";
  if (digits.size() != 8 || digits.find_first_not_of("0123456789") != std::string::npos) return 0;
  return std::stoull(digits);
}

std::uint64_t span_of(std::uint64_t number) {
  std::uint64_t span = 1;
  while (number % (span * 16) == 0) span *= 16;
  return span;
}

std::string encode(const std::map<std::string, std::uint64_t>& items) {
  Json list = Json::array(), condemned = Json::array();
  for (const auto& [name, size] : items)
    (is_condemned(name) ? condemned : list).push_back({{"name", name}, {"size", size}});
  Json out{{"type", "listing"}, {"version", 1}, {"items", std::move(list)}};
  if (!condemned.empty())
    out["condemned"] = std::move(condemned);  // by itself: older readers refuse such names among the items
  return canonical_json(out);
}

}  // namespace

std::string listing_name(std::uint64_t number) { return fmt::format("{}{:08}", k_folder, number); }

std::vector<std::uint64_t> listings_for(std::uint64_t number) {
  std::vector<std::uint64_t> out;
  for (; number > 0; number -= span_of(number)) out.push_back(number);
  return out;
}

std::vector<Remote::Item> parse_listing(std::string_view text, const std::string& name) {
  const Json listing = parse_json(text, name);
  std::vector<Remote::Item> out;
  if (!listing.is_object() || text_or(listing, "type") != "listing" || !listing.contains("items") ||
      !listing["items"].is_array())
    throw state_error(name + " is no listing");
  const auto take = [&](const Json& items, bool condemned) {
    for (const auto& item : items) {
      const std::string what = item.is_object() ? text_or(item, "name") : "";
      if (!is_listed(what) || is_condemned(what) != condemned || what.size() > 160 || !item.contains("size") ||
          !item["size"].is_number_unsigned())
        throw state_error(name + " is no listing");
      out.push_back({what, item["size"].get<std::uint64_t>()});
    }
  };
  take(listing["items"], false);
  if (listing.contains("condemned")) take(listing["condemned"], true);
  return out;
}

void ListingRemote::see(const std::string& name, std::uint64_t size) const {
  if (!is_listed(name)) return;
  const std::lock_guard lock(mutex_);
  seen_[name] = size;
}

std::vector<Remote::Item> ListingRemote::list(const std::string& prefix) const {
  auto items = remote_->list(prefix);
  for (const auto& item : items) see(item.name, item.size);
  return items;
}

bool ListingRemote::write_once(const std::string& name, const fs::path& file) {
  see(name, fs::file_size(file));
  return remote_->write_once(name, file);
}

bool ListingRemote::write_once(const std::string& name, std::string_view bytes) {
  const bool made = remote_->write_once(name, bytes);
  if (made) see(name, bytes.size());
  return made;
}

void ListingRemote::remove(const std::string& name) {
  remote_->remove(name);
  const std::lock_guard lock(mutex_);
  seen_.erase(name);
}

bool ListingRemote::publish_once() {
  std::map<std::uint64_t, Item> listings;
  for (auto& item : remote_->list(k_folder))
    if (const auto number = number_of(item.name); number > 0) listings[number] = std::move(item);
  const std::uint64_t number = listings.empty() ? 1 : listings.rbegin()->first + 1;
  if (number > k_most_listings) throw outside_error(printable(url()) + " has more listings than can be counted");
  const auto listed = read_listings(listings, listings_for(number - 1));
  std::map<std::string, std::uint64_t> fresh;
  for (const auto& [name, size] : seen_)
    if (!listed.contains(name)) fresh.emplace(name, size);
  if (fresh.empty()) return true;
  std::vector<std::uint64_t> repeated = listings_for(number - 1);
  std::erase_if(repeated, [&](std::uint64_t one) { return one + span_of(number) <= number; });
  fresh.merge(read_listings(listings, repeated));
  return remote_->write_once(listing_name(number), std::string_view(encode(fresh)));
}

// One that can't be read counts as empty: what it should have said is said again.
std::map<std::string, std::uint64_t> ListingRemote::read_listings(const std::map<std::uint64_t, Item>& listings,
                                                                  const std::vector<std::uint64_t>& numbers) const {
  std::vector<Item> items;
  for (const auto number : numbers)
    if (const auto found = listings.find(number); found != listings.end() && found->second.size <= k_listing_limit)
      items.push_back(found->second);
  std::map<std::string, std::uint64_t> out;
  std::mutex mutex;
  transfer_each(*remote_, items, [&](std::size_t i) {
    try {
      auto listed = parse_listing(remote_->read(items[i].name, 0, items[i].size), items[i].name);
      const std::lock_guard lock(mutex);
      for (auto& item : listed) out.emplace(std::move(item.name), item.size);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
    }
  });
  return out;
}

void ListingRemote::publish() {
  for (int tries = 0; tries < k_most_names; ++tries)
    if (publish_once()) return;
  throw outside_error(printable(url()) + " says of every new listing that it has one of that name");
}

}  // namespace mlops::store
