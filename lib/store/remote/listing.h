// What a remote holds, for readers that can't ask it (http://): every push adds one numbered listing, "listing/NUMBER"
// of eight decimal digits from 00000001 on, with the indexes, journals and lists of condemned packs that no listing
// had. Like everything there it is written once; what gc removes later stays in it, and the lists tell.
//
// Number n repeats what the listings between n - s and n say, s being the largest power of 16 that divides n: so a
// reader needs n, n - s of n, and so on, some 15 for each hexadecimal digit, instead of all. (The shape of Fenwick's
// trees: Softw. Pract. Exp. 24, 1994, p. 327.)
#pragma once

#include <map>
#include <mutex>

#include "store/remote/remote.h"

namespace mlops::store {

inline constexpr std::uint64_t k_listing_limit = 64 << 20;  // bytes of one listing
inline constexpr std::uint64_t k_most_listings = 99'999'999;

std::string listing_name(std::uint64_t number);
// n, n - s(n), …: with what they say, a reader knows what 1 to n say.
std::vector<std::uint64_t> listings_for(std::uint64_t number);
// Throws Error(state) for what is none.
std::vector<Remote::Item> parse_listing(std::string_view text, const std::string& name);

// A remote that remembers what it is seen to hold, and can list it.
class ListingRemote : public Remote {
 public:
  explicit ListingRemote(std::unique_ptr<Remote> remote) : remote_(std::move(remote)) {}

  [[nodiscard]] const std::string& url() const override { return remote_->url(); }
  [[nodiscard]] bool read_only() const override { return remote_->read_only(); }
  [[nodiscard]] unsigned most_jobs() const override { return remote_->most_jobs(); }
  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override;
  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    return remote_->read(name, offset, length);
  }
  bool write_once(const std::string& name, const fs::path& file) override;
  bool write_once(const std::string& name, std::string_view bytes) override;
  void remove(const std::string& name) override;
  std::uint64_t sweep(std::int64_t age) override { return remote_->sweep(age); }

  // Writes a listing of what was seen and no listing has; nothing where all is listed.
  void publish();

 private:
  void see(const std::string& name, std::uint64_t size) const;
  bool publish_once();  // false where somebody else took the number
  [[nodiscard]] std::map<std::string, std::uint64_t> read_listings(const std::map<std::uint64_t, Item>& listings,
                                                                   const std::vector<std::uint64_t>& numbers) const;
  std::unique_ptr<Remote> remote_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::uint64_t> seen_;  // what a listing names
};

}  // namespace mlops::store
