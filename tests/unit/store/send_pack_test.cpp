// A pack that changes while it is sent is not there afterwards.
#include <catch2/catch.hpp>

#include "scratch.h"
#include "store/layout.h"
#include "store/remote/remote.h"
#include "store/remote/shipment.h"
#include "store/store_writer.h"

namespace mlops::store {

TEST_CASE("a pack that was changed while it was sent is taken back, and gets no index") {
  const Scratch scratch;
  const auto store = scratch.open();
  StoreWriter writer(dynamic_cast<LocalStore&>(*store));
  writer.put_chunk(as_bytes(noise(5000)));
  writer.commit();
  const Id pack = writer.written().at(0);
  const auto remote = open_remote((scratch.root / "remote").string());
  CHECK_FALSE(send_pack(*remote, Layout{scratch.directory}, pack, [] { return false; }));
  CHECK(remote->list("packs/").empty());
  CHECK(send_pack(*remote, Layout{scratch.directory}, pack));
  CHECK(remote->list("packs/").size() == 2);
}

}  // namespace mlops::store
