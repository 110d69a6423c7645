#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/http_client.h"
#include "base/module-http/handle_pool.h"
#include "base/module.h"

namespace mlops {
namespace {

using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;
using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

constexpr std::size_t k_header_limit = 64 << 10;   // bytes of an answer's headers
constexpr std::uint64_t k_large_body = 128 << 10;  // bodies that wait for the server's word before they are sent

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

struct Origin {
  std::string text;         // "https://host:port", without what may be secret
  bool is_address = false;  // the host is an IP address
};

bool is_address(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

Origin origin_of(const std::string& text) {
  const Url url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    throw input_error("a URL can't be read", "https://HOST/PATH");
  const std::string scheme = part(url.get(), CURLUPART_SCHEME), host = part(url.get(), CURLUPART_HOST);
  const std::string port = part(url.get(), CURLUPART_PORT);
  if (scheme != "http" && scheme != "https") throw input_error("a URL is neither http nor https", "https://HOST/PATH");
  return {scheme + "://" + host + (port.empty() ? "" : ":" + port), is_address(host)};
}

struct Transfer {
  const HttpRequest& request;
  const Origin& origin;
  HttpAnswer answer{};
  std::size_t header_bytes = 0;
  std::uint64_t sent = 0;
  bool too_large = false, too_many_headers = false;
  CURL* handle = nullptr;
  int write_error = 0;
};

bool goes_into_file(const Transfer& transfer) {
  long status = 0;
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  return transfer.request.output.descriptor >= 0 && status == 200;
}

// 0 where it failed, which ends the transfer.
std::size_t put(std::string_view bytes, Transfer& transfer) {
  const auto& [descriptor, offset, limit] = transfer.request.output;
  if (bytes.size() > limit - transfer.answer.written) {
    transfer.too_large = true;
    return 0;
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const auto at = static_cast<off_t>(offset + transfer.answer.written);
    const ssize_t put = ::pwrite(descriptor, bytes.data() + done, bytes.size() - done, at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      transfer.write_error = errno;
      return 0;
    }
    done += static_cast<std::size_t>(put);
    transfer.answer.written += static_cast<std::uint64_t>(put);
  }
  return bytes.size();
}

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (goes_into_file(transfer)) return put({bytes, size * count}, transfer);
  if (transfer.answer.body.size() + size * count > transfer.request.answer_limit) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(bytes, size * count);
  return size * count;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n";
  const auto first = text.find_first_not_of(k_blank);
  return first == std::string_view::npos ? ""
                                         : std::string(text.substr(first, text.find_last_not_of(k_blank) + 1 - first));
}

// One line at a time; a status line begins a new answer (100 Continue comes before the one that counts).
std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(bytes, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > k_header_limit) {
    transfer.too_many_headers = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  transfer.answer.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return line.size();
}

std::uint64_t body_size(const HttpRequest& request) {
  return request.file.descriptor >= 0 ? request.file.length : request.body.size();
}

std::size_t give(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const auto& [descriptor, offset, length] = transfer.request.file;
  const std::size_t most = std::min<std::uint64_t>(size * count, body_size(transfer.request) - transfer.sent);
  if (descriptor < 0) {
    std::memcpy(bytes, transfer.request.body.data() + transfer.sent, most);
    transfer.sent += most;
    return most;
  }
  ssize_t got = -1;
  while (most > 0 && (got = ::pread(descriptor, bytes, most, static_cast<off_t>(offset + transfer.sent))) < 0 &&
         errno == EINTR)
    continue;
  if (most > 0 && got <= 0) return CURL_READFUNC_ABORT;
  transfer.sent += most > 0 ? static_cast<std::uint64_t>(got) : 0;
  return most > 0 ? static_cast<std::size_t>(got) : 0;
}

// libcurl sends a body again where a kept connection turned out to be closed.
int rewind(void* user, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::uint64_t>(offset) > body_size(transfer.request))
    return CURL_SEEKFUNC_FAIL;
  transfer.sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->request.stop.stop_requested() ? 1 : 0;
}

bool link_local(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return ntohl(four.sin_addr.s_addr) >> 16 == 0xa9fe;  // 169.254/16
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  const auto* bytes = six.sin6_addr.s6_addr;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) && bytes[12] == 0xa9 && bytes[13] == 0xfe;
  return IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr) || mapped;
}

// The address that is checked is the one that is connected to. No other program of ours inherits the connection.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  if (!static_cast<Transfer*>(user)->origin.is_address && link_local(address->addr)) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

List headers_of(const HttpRequest& request) {
  const bool waits = request.method == "PUT" && body_size(request) > k_large_body;
  curl_slist* list = curl_slist_append(nullptr, waits ? "Expect: 100-continue" : "Expect:");
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
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_time / 1000));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.time / 1000));
  if (request.idle_time > 0) {
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.idle_time / 1'000'000));
  }
  curl_easy_setopt(handle, CURLOPT_NOPROXY, no_proxy().c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "mlops");
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
}

void set_callbacks(CURL* handle, Transfer& transfer) {
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(handle, CURLOPT_READDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, rewind);
  curl_easy_setopt(handle, CURLOPT_SEEKDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &transfer);
}

void set_method(CURL* handle, const HttpRequest& request) {
  const auto size = static_cast<curl_off_t>(body_size(request));
  if (request.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
  } else if (request.method == "PUT") {
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, size);
  } else if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method == "DELETE") {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "DELETE");
  }
}

HttpProblem problem_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpProblem::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HttpProblem::unreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return HttpProblem::untrusted;
    case CURLE_ABORTED_BY_CALLBACK:
      return HttpProblem::stopped;
    case CURLE_OUT_OF_MEMORY:  // what libcurl says of a header longer than it takes
      return HttpProblem::too_many_headers;
    default:
      return HttpProblem::lost;
  }
}

class CurlLibrary : public HttpLibrary {
 public:
  HttpAnswer ask(const HttpRequest& request) override {
    const Origin origin = origin_of(request.url);
    Handle handle = handle_pool().take();
    if (handle == nullptr) throw outside_error("libcurl can't be started");
    Transfer transfer{request, origin};
    transfer.handle = handle.get();
    const List headers = headers_of(request);
    set_limits(handle.get(), request);
    set_callbacks(handle.get(), transfer);
    set_method(handle.get(), request);
    curl_easy_setopt(handle.get(), CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = curl_easy_perform(handle.get());
    conclude(transfer, code, handle.get());
    handle_pool().give(std::move(handle));
    if (transfer.write_error != 0) throw system_error("cannot write what is fetched", transfer.write_error);
    return std::move(transfer.answer);
  }

 private:
  static void conclude(Transfer& transfer, CURLcode code, CURL* handle) {
    HttpAnswer& answer = transfer.answer;
    answer.problem = transfer.too_large          ? HttpProblem::too_large
                     : transfer.too_many_headers ? HttpProblem::too_many_headers
                                                 : problem_of(code);
    if (answer.problem == HttpProblem::too_many_headers)
      answer.sentence = transfer.origin.text + " answers with more headers than are taken";
    else if (transfer.too_large)
      answer.sentence = transfer.origin.text + " answers with more than is taken";
    else if (code != CURLE_OK)
      answer.sentence = transfer.origin.text + " can't be asked: " + curl_easy_strerror(code);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
  }
};

CurlLibrary g_library;

}  // namespace
}  // namespace mlops

MLOPS_MODULE(static_cast<mlops::HttpLibrary&>(mlops::g_library))
