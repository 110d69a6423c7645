// Objects put together into new packs and sent to a remote.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/pack_builder.h"
#include "store/remote/push.h"

namespace mlops::store {

class Shipment {
 public:
  // Packs are written in the store's tmp/ until they are sent: one for each transfer at a time at most. None gets a
  // name that `refused` says true of.
  Shipment(const Layout& store, Remote& remote, std::function<bool(const Id&)> refused, const TransferOptions& options);
  ~Shipment();
  Shipment(const Shipment&) = delete;
  Shipment& operator=(const Shipment&) = delete;

  // Stored bytes that were verified. Sends what is full. Not thread-safe.
  void add(const Key& key, std::string_view stored, std::uint32_t plain);
  // The rest. Returns the bytes of each pack that was sent.
  std::vector<std::uint64_t> send();

 private:
  class Outbox;
  void seal(std::unique_ptr<PackBuilder>& pack);
  void rename(std::unique_ptr<PackBuilder>& pack);
  void send_full();
  void send(std::unique_ptr<PackBuilder>& pack);
  std::unique_ptr<Outbox> outbox_;
  Remote& remote_;
  std::function<bool(const Id&)> refused_;
  const TransferOptions& options_;
  std::vector<std::unique_ptr<PackBuilder>> packs_;  // the last may have room
  std::vector<std::uint64_t> sizes_;                 // of those that were sent
};

// A pack of `layout`, then its index, so that a cut leaves nothing that counts. False, and no index is written, where
// something else stands there in the pack's place, as whoever copies a remote by other means may leave it; nor where
// the pack is not `unchanged` any more when it was sent: then it is taken back.
[[nodiscard]] bool send_pack(
    Remote& remote, const Layout& layout, const Id& pack, const std::function<bool()>& unchanged = [] { return true; });

}  // namespace mlops::store
