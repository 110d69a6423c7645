#include <curl/curl.h>

#include <memory>

#include "base/error.h"
#include "base/http_client.h"
#include "base/module.h"

namespace mlops {
namespace {

using Handle = std::unique_ptr<CURL, void (*)(CURL*)>;
using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;
using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

// "https://host:port", without what may be secret.
std::string origin_of(const std::string& text) {
  const Url url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    throw input_error("a URL can't be read", "https://HOST/PATH");
  const std::string scheme = part(url.get(), CURLUPART_SCHEME), port = part(url.get(), CURLUPART_PORT);
  if (scheme != "http" && scheme != "https") throw input_error("a URL is neither http nor https", "https://HOST/PATH");
  return scheme + "://" + part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

struct Transfer {
  const HttpRequest& request;
  HttpAnswer answer{};
  bool too_large = false;
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.answer.body.size() + size * count > transfer.request.answer_limit) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(bytes, size * count);
  return size * count;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->request.stop.stop_requested() ? 1 : 0;
}

List headers_of(const HttpRequest& request) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no waiting for 100
  for (const auto& [name, value] : request.headers) list = curl_slist_append(list, (name + ": " + value).c_str());
  return {list, curl_slist_free_all};
}

// Loopback is never behind a proxy.
std::string no_proxy() {
  std::string out = "localhost,127.0.0.1,::1";
  for (const char* name : {"no_proxy", "NO_PROXY"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return out + "," + value;
  return out;
}

void set_limits(CURL* handle, const HttpRequest& request) {
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_time / 1000));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.time / 1000));
  curl_easy_setopt(handle, CURLOPT_NOPROXY, no_proxy().c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "mlops");
}

class CurlLibrary : public HttpLibrary {
 public:
  HttpAnswer send(const HttpRequest& request) override {
    static const CURLcode k_started = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::string origin = origin_of(request.url);
    const Handle handle(k_started == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
    if (handle == nullptr) throw outside_error("libcurl can't be started");
    Transfer transfer{request};
    const List headers = headers_of(request);
    set_limits(handle.get(), request);
    curl_easy_setopt(handle.get(), CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle.get(), CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(handle.get(), CURLOPT_XFERINFODATA, &transfer);
    if (request.method == "POST") {
      curl_easy_setopt(handle.get(), CURLOPT_POST, 1L);
      curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, request.body.data());
    }
    const CURLcode code = curl_easy_perform(handle.get());
    if (transfer.too_large) throw outside_error(origin + " answers with more than is taken");
    if (code != CURLE_OK) throw outside_error(origin + " can't be asked: " + curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.answer.status = static_cast<int>(status);
    return std::move(transfer.answer);
  }
};

CurlLibrary g_library;

}  // namespace
}  // namespace mlops

MLOPS_MODULE(static_cast<mlops::HttpLibrary&>(mlops::g_library))
