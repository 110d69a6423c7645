#include "store/remote/shipment.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/file_at.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/format.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr int k_most_names = 5;         // that a pack is tried under
constexpr std::size_t k_mark_size = 8;  // bytes of the chunk that gives a pack another name

void put(PackBuilder& pack, const Key& key, std::string_view stored, std::uint32_t plain) {
  Extent extent;
  PackBuilder::Write due;
  const bool direct = pack.append(key, sha256(stored), stored, plain, extent, due);
  pack.write(due.offset, due.bytes);
  if (direct) pack.write(extent.offset, stored);
}

// A pack's name tells what is in it, but not that all of it is there.
bool stands_there(const Remote& remote, const Layout& layout, const Id& pack) {
  const std::string name = pack_name(pack);
  const std::uint64_t size = fs::file_size(layout.pack(pack));
  const auto items = remote.list("packs/");
  return std::any_of(items.begin(), items.end(),
                     [&](const Remote::Item& item) { return item.name == name && item.size == size; });
}

std::string read_back(const PackBuilder& pack, const Extent& extent) {
  std::string out(extent.stored, '\0');
  if (read_at(pack.fd(), std::as_writable_bytes(std::span(out)), extent.offset, "a pack in tmp/") != out.size())
    throw outside_error("a pack in tmp/ was cut while it was sent");
  return out;
}

}  // namespace

bool send_pack(Remote& remote, const Layout& layout, const Id& pack, const std::function<bool()>& unchanged) {
  const bool sent = remote.write_once(pack_name(pack), layout.pack(pack));
  if (!sent && !stands_there(remote, layout, pack)) return false;
  if (sent && !unchanged()) {
    remote.remove(pack_name(pack));  // nobody else has seen it whole: there is no index
    return false;
  }
  remote.write_once(index_name(pack), layout.index(pack));
  return true;
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
  const bool full = !packs_.empty() && packs_.back()->size() >= k_pack_size;
  if (full && packs_.size() >= std::min(options_.jobs, remote_.most_jobs())) send_full();
  if (full || packs_.empty()) packs_.push_back(std::make_unique<PackBuilder>(outbox_->layout()));
  put(*packs_.back(), key, stored, plain);
}

void Shipment::seal(std::unique_ptr<PackBuilder>& pack) {
  pack->seal();
  pack->publish_pack();
  while (refused_(pack->name())) rename(pack);
}

// What is in a pack gives it its name; a few random bytes more give another.
void Shipment::rename(std::unique_ptr<PackBuilder>& pack) {
  auto other = std::make_unique<PackBuilder>(outbox_->layout());
  for (const auto& entry : pack->entries()) put(*other, entry.key, read_back(*pack, entry.extent), entry.extent.plain);
  const std::string mark = random_hex(k_mark_size);
  put(*other, {Kind::chunk, sha256(mark)}, mark, k_mark_size);
  fs::remove(outbox_->layout().pack(pack->name()));
  pack = std::move(other);
  pack->seal();
  pack->publish_pack();
}

void Shipment::send(std::unique_ptr<PackBuilder>& pack) {
  const Layout& layout = outbox_->layout();
  seal(pack);
  pack->publish_index();
  for (int tries = 1; !send_pack(remote_, layout, pack->name()); ++tries) {
    if (tries == k_most_names)
      throw outside_error(printable(remote_.url()) + " says of every new pack that it has one of that name");
    fs::remove(layout.index(pack->name()));
    rename(pack);
    pack->publish_index();
  }
  for (const auto& file : {layout.pack(pack->name()), layout.index(pack->name())}) fs::remove(file);
}

void Shipment::send_full() {
  const std::size_t before = sizes_.size();
  for (const auto& pack : packs_) sizes_.push_back(pack->size());
  transfer_all(packs_.size(), std::min(options_.jobs, remote_.most_jobs()), options_.stop, [&](std::size_t i) {
    send(packs_[i]);
    sizes_[before + i] = packs_[i]->size();
    if (options_.progress != nullptr) options_.progress->advance(sizes_[before + i]);
  });
  packs_.clear();
}

std::vector<std::uint64_t> Shipment::send() {
  send_full();
  return sizes_;
}

}  // namespace mlops::store
