#include "store/remote/shipment.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/file_at.h"
#include "base/temporary.h"
#include "store/format.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_mark_size = 8;  // bytes of the chunk that gives a pack another name

void put(PackBuilder& pack, const Key& key, std::string_view stored, std::uint32_t plain) {
  Extent extent;
  PackBuilder::Write due;
  const bool direct = pack.append(key, sha256(stored), stored, plain, extent, due);
  pack.write(due.offset, due.bytes);
  if (direct) pack.write(extent.offset, stored);
}

std::string read_back(const PackBuilder& pack, const Extent& extent) {
  std::string out(extent.stored, '\0');
  if (read_at(pack.fd(), std::as_writable_bytes(std::span(out)), extent.offset, "a pack in tmp/") != out.size())
    throw outside_error("a pack in tmp/ was cut while it was sent");
  return out;
}

}  // namespace

void send_pack(Remote& remote, const Layout& layout, const Id& pack) {
  remote.write_once(pack_name(pack), layout.pack(pack));
  remote.write_once(index_name(pack), layout.index(pack));
}

// A folder in tmp/ with the shape of a store, for packs that are written to be sent.
class Shipment::Outbox {
 public:
  explicit Outbox(const Layout& store) : root_(store.tmp()), layout_{root_.path() / "store"} {
    fs::create_directories(layout_.packs());
    fs::create_directories(layout_.tmp());
  }
  [[nodiscard]] const Layout& layout() const { return layout_; }

 private:
  TemporaryFolder root_;
  Layout layout_;
};

Shipment::Shipment(const Layout& store, Remote& remote, std::function<bool(const Id&)> refused,
                   const TransferOptions& options)
    : outbox_(std::make_unique<Outbox>(store)), remote_(remote), refused_(std::move(refused)), options_(options) {}
Shipment::~Shipment() = default;

void Shipment::add(const Key& key, std::string_view stored, std::uint32_t plain) {
  if (packs_.empty() || packs_.back()->size() >= k_pack_size)
    packs_.push_back(std::make_unique<PackBuilder>(outbox_->layout()));
  put(*packs_.back(), key, stored, plain);
}

// What is in a pack gives it its name. Where that one was condemned, a few random bytes more give another.
void Shipment::seal(std::unique_ptr<PackBuilder>& pack) {
  pack->seal();
  pack->publish_pack();
  while (refused_(pack->name())) {
    auto other = std::make_unique<PackBuilder>(outbox_->layout());
    for (const auto& entry : pack->entries())
      put(*other, entry.key, read_back(*pack, entry.extent), entry.extent.plain);
    const std::string mark = random_hex(k_mark_size);
    put(*other, {Kind::chunk, sha256(mark)}, mark, k_mark_size);
    pack = std::move(other);
    pack->seal();
    pack->publish_pack();
  }
  pack->publish_index();
}

std::vector<std::uint64_t> Shipment::send() {
  for (auto& pack : packs_) seal(pack);
  std::vector<std::uint64_t> sizes;
  for (const auto& pack : packs_) sizes.push_back(pack->size());
  transfer_all(packs_.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) {
    send_pack(remote_, outbox_->layout(), packs_[i]->name());
    if (options_.progress != nullptr) options_.progress->advance(sizes[i]);
  });
  return sizes;
}

}  // namespace mlops::store
