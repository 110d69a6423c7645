// libcurl's handles between requests: each keeps its connections open.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <vector>

namespace mlops {

using Handle = std::unique_ptr<CURL, void (*)(CURL*)>;

// Thread-safe.
class HandlePool {
 public:
  // One without options; nullptr where libcurl can't be started.
  Handle take();
  void give(Handle handle);

 private:
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

// Lives until the process is gone: at its exit, TLS may be taken down before a handle that still has a connection.
HandlePool& handle_pool();

}  // namespace mlops
