#include "base/http_client.h"

#include "base/module.h"

namespace mlops {

HttpAnswer send_http(const HttpRequest& request) {
  return static_cast<HttpLibrary*>(open_module("http"))->send(request);
}

}  // namespace mlops
