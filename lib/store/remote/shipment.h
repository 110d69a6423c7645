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
  // Packs are written in the store's tmp/ until they are sent. None gets a name that `refused` says true of.
  Shipment(const Layout& store, Remote& remote, std::function<bool(const Id&)> refused, const TransferOptions& options);
  ~Shipment();
  Shipment(const Shipment&) = delete;
  Shipment& operator=(const Shipment&) = delete;

  // Stored bytes that were verified. Not thread-safe.
  void add(const Key& key, std::string_view stored, std::uint32_t plain);
  [[nodiscard]] bool empty() const { return packs_.empty(); }
  // Each pack, then its index. Returns the bytes of each pack.
  std::vector<std::uint64_t> send();

 private:
  class Outbox;
  void seal(std::unique_ptr<PackBuilder>& pack);
  std::unique_ptr<Outbox> outbox_;
  Remote& remote_;
  std::function<bool(const Id&)> refused_;
  const TransferOptions& options_;
  std::vector<std::unique_ptr<PackBuilder>> packs_;
};

// A pack of `layout`, then its index, so that a cut leaves nothing that counts.
void send_pack(Remote& remote, const Layout& layout, const Id& pack);

}  // namespace mlops::store
