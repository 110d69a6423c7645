#include "feature/online_engine.h"

#include "base/module.h"

namespace mlops::feature {

OnlineEngines& lmdb_engines() {
  static auto* engines = static_cast<OnlineEngines*>(open_module("lmdb"));
  return *engines;
}

}  // namespace mlops::feature
