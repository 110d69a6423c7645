#include "exchange/download.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/http_client.h"
#include "base/text.h"
#include "store/remote/aws_profile.h"
#include "store/remote/s3_client.h"
#include "store/remote/tries.h"

namespace mlops::exchange {
namespace {

constexpr std::uint64_t k_piece = 16 << 20;
constexpr int k_redirects = 5;

// Without the query, which may hold what is nobody's business.
std::string shown(const std::string& url) { return printable(url.substr(0, url.find('?'))); }

Error too_large(const std::string& url, std::uint64_t size, std::uint64_t limit) {
  return input_error(fmt::format("{} has {}, more than the limit of {}", shown(url), show_size(size), show_size(limit)),
                     "--limit SIZE allows more");
}

Error changed(const std::string& url) {
  return outside_error(shown(url) + " changed while it was fetched", "run the command again");
}

// "https://host", in one spelling; "" where there is none.
std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  std::string out = url.substr(0, url.find_first_of("/?#", scheme + 3));
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view port = out.starts_with("http://") ? ":80" : ":443";
  if (out.ends_with(port)) out.resize(out.size() - port.size());
  return out;
}

bool has_scheme(const std::string& reference) {
  const auto colon = reference.find(':');
  return colon != std::string::npos && colon > 0 && reference.find_first_of("/?#") > colon;
}

// What a Location means at `base` (RFC 3986, 5.2); libcurl takes the dots out of paths.
std::string resolve(const std::string& base, const std::string& location) {
  const std::string reference = location.substr(0, location.find('#'));
  if (has_scheme(reference)) return reference;
  if (reference.starts_with("//")) return base.substr(0, base.find("//")) + reference;
  const auto path = base.find_first_of("/?", base.find("://") + 3);
  const std::string server = base.substr(0, path), rest = path == std::string::npos ? "/" : base.substr(path);
  if (reference.empty() || reference.starts_with('/')) return server + (reference.empty() ? rest : reference);
  const std::string own = rest.substr(0, rest.find('?'));
  if (reference.starts_with('?')) return server + own + reference;
  return server + own.substr(0, own.rfind('/') + 1) + (own.starts_with('/') ? "" : "/") + reference;
}

struct ContentRange {
  std::uint64_t first = 0, last = 0, total = 0;
};

// "bytes 0-1023/4096"; nullopt for anything else.
std::optional<ContentRange> parse_range(std::string_view text) {
  ContentRange out;
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  for (const auto& [end, number] :
       {std::pair('-', &out.first), std::pair('/', &out.last), std::pair('\0', &out.total)}) {
    const auto at = end == '\0' ? text.size() : text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const auto [rest, problem] = std::from_chars(text.data(), text.data() + at, *number);
    if (problem != std::errc() || rest != text.data() + at || at == 0) return std::nullopt;
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return out.first <= out.last && out.last < out.total ? std::optional(out) : std::nullopt;
}

class WebFile {
 public:
  WebFile(std::string url, int fd, const DownloadOptions& options)
      : url_(std::move(url)), fd_(fd), options_(options), ca_file_(store::environment_text({"SSL_CERT_FILE"})) {}

  Downloaded run() {
    if (options_.progress != nullptr) options_.progress->start("fetch " + shown(url_), 0);
    HttpAnswer answer = first();
    if (answer.status == 304) return {options_.etag, true};
    if (answer.status == 416 && answer.header("content-range") == "bytes */0") return whole(answer);
    if (answer.status == 206 && is_cut(answer) && !can_be_told(answer)) answer = ask_whole();
    if (answer.status == 416) answer = ask_whole();
    return answer.status == 200 ? whole(answer) : in_parts(std::move(answer));
  }

 private:
  static std::string etag_of(const HttpAnswer& answer) { return std::string(answer.header("etag")); }

  // The first part is not all.
  [[nodiscard]] bool is_cut(const HttpAnswer& answer) const {
    const auto range = parse_range(answer.header("content-range"));
    if (range && range->total > options_.limit) throw too_large(url_, range->total, options_.limit);
    return range && range->last + 1 < range->total;
  }

  // Whether another state of the file would show: then its parts can be put together.
  static bool can_be_told(const HttpAnswer& answer) {
    const auto etag = answer.header("etag");
    return (!etag.empty() && !etag.starts_with("W/")) || !answer.header("last-modified").empty();
  }

  // What a lost try has left behind the end goes.
  void cut_to(std::uint64_t size) const {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) throw system_error("cannot write a temporary file", errno);
  }

  Downloaded whole(const HttpAnswer& answer) {
    cut_to(answer.written);
    if (options_.progress != nullptr) options_.progress->advance(answer.written);
    return {etag_of(answer), false};
  }

  Downloaded in_parts(HttpAnswer answer) {
    cut_to(0);
    const std::string etag = etag_of(answer), modified(answer.header("last-modified"));
    for (std::uint64_t done = 0;;) {
      done += take(answer, done);
      if (done == total_) return {etag, false};
      answer = ask(done, {});
      if (answer.status != 206 || answer.header("etag") != etag || answer.header("last-modified") != modified)
        throw changed(url_);
    }
  }

  // In one answer, which comes of one state of the file.
  HttpAnswer ask_whole() {
    HttpAnswer answer = ask(std::nullopt, {});
    if (answer.status != 200) throw refused(answer);
    return answer;
  }

  HttpAnswer first() {
    for (int redirects = 0;; ++redirects) {
      HttpAnswer answer = ask(0, options_.etag);
      const bool known = answer.status == 304 && !options_.etag.empty();
      if (answer.status == 200 || answer.status == 206 || answer.status == 416 || known) return answer;
      if (answer.status < 300 || answer.status >= 400 || answer.header("location").empty()) throw refused(answer);
      if (redirects == k_redirects) throw outside_error(shown(url_) + " redirects again and again");
      follow(std::string(answer.header("location")));
    }
  }

  // Only to another path of the same server.
  void follow(const std::string& location) {
    const std::string next = resolve(url_, location);
    if (origin_of(next) != origin_of(url_) || next.find('\\') != std::string::npos)
      throw outside_error(
          shown(url_) + " redirects to another server, " + shown(origin_of(next)) + ", which is not followed",
          "fetch it from the address that it leads to, if you trust that");
    url_ = next;
  }

  [[nodiscard]] Error refused(const HttpAnswer& answer) const {
    if (answer.status == 404 || answer.status == 410)
      return input_error("there is no " + shown(url_) + fmt::format(" (the server answers {})", answer.status));
    return outside_error(fmt::format("{} answers {}", shown(url_), answer.status));
  }

  // A piece from `offset` on, or all; where all comes in any case it goes into the file.
  HttpAnswer ask(std::optional<std::uint64_t> offset, const std::string& known_etag) {
    HttpRequest request{.method = "GET", .url = url_};
    if (offset) request.headers.emplace_back("Range", fmt::format("bytes={}-{}", *offset, *offset + k_piece - 1));
    request.headers.emplace_back("Accept-Encoding", "identity");
    if (!known_etag.empty()) request.headers.emplace_back("If-None-Match", known_etag);
    request.connect_time = 10'000'000;
    request.time = 0;
    request.idle_time = 60'000'000;
    request.answer_limit = k_piece;
    if (offset.value_or(0) == 0) request.output = {fd_, 0, options_.limit};
    request.ca_file = ca_file_;
    request.stop = options_.stop;
    for (int tries = 1;; ++tries) {
      HttpAnswer answer = ask_http(request);
      if (answer.problem == HttpProblem::none) answered_ = true;
      if (store::may_help_again(answer) && tries < (answered_ ? store::k_tries : store::k_tries_unanswered)) {
        store::pause_before(tries + 1, options_.stop);
        continue;
      }
      if (answer.problem == HttpProblem::stopped) throw store::interrupted();
      if (answer.problem == HttpProblem::too_large && answer.status == 200)
        throw input_error(shown(url_) + " has more than the limit of " + show_size(options_.limit),
                          "--limit SIZE allows more");
      if (answer.problem == HttpProblem::too_large) throw another_part();
      if (answer.problem != HttpProblem::none) throw outside_error(answer.sentence);
      return answer;
    }
  }

  [[nodiscard]] Error another_part() const {
    return outside_error(shown(url_) + " gives another part than it was asked for",
                         "what answers there is no sound web server");
  }

  std::uint64_t take(const HttpAnswer& answer, std::uint64_t done) {
    const auto range = parse_range(answer.header("content-range"));
    if (!range || range->first != done || range->last - range->first + 1 != answer.body.size() ||
        (total_ && *total_ != range->total))
      throw another_part();
    if (range->total > options_.limit) throw too_large(url_, range->total, options_.limit);
    total_ = range->total;
    write(answer.body);
    return answer.body.size();
  }

  void write(const std::string& bytes) {
    if (bytes.size() > options_.limit) throw too_large(url_, bytes.size(), options_.limit);
    write_all(fd_, bytes, "a temporary file");
    if (options_.progress != nullptr) options_.progress->advance(bytes.size());
  }

  std::string url_;
  int fd_;
  const DownloadOptions& options_;
  std::string ca_file_;
  std::optional<std::uint64_t> total_;
  bool answered_ = false;
};

Downloaded download_s3(const std::string& url, int fd, const DownloadOptions& options) {
  const auto address = store::parse_s3_address(url);
  if (address.prefix.empty())
    throw usage_error("\"" + printable(url) + "\" names a bucket and no object in it", "s3://bucket/folder/file.csv");
  const store::S3Client client(address, options.stop);
  const auto head = client.call({"HEAD", address.prefix});
  if (head.status() == 404)
    throw input_error("there is no object " + address.prefix + " in the bucket " + client.bucket());
  if (!head.good()) throw client.failure(head, "look at " + address.prefix);
  const std::string etag(head.http.header("etag"));
  if (!etag.empty() && etag == options.etag) return {etag, true};
  const auto length = head.http.header("content-length");
  std::uint64_t size = 0;
  if (std::from_chars(length.data(), length.data() + length.size(), size).ec != std::errc())
    throw outside_error(shown(url) + " does not tell its size", "what answers there is no sound S3 server");
  if (size > options.limit) throw too_large(url, size, options.limit);
  if (options.progress != nullptr) options.progress->start("fetch " + shown(url), size);
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t piece = std::min(k_piece, size - done);
    store::S3Call call{"GET", address.prefix, {}, {{"Range", fmt::format("bytes={}-{}", done, done + piece - 1)}}};
    if (!etag.empty()) call.headers.emplace_back("If-Match", etag);
    call.answer_limit = piece + 1;
    const auto answer = client.call(call);
    if (answer.status() == 412 || answer.status() == 404) throw changed(url);
    if (!answer.good()) throw client.failure(answer, "read " + address.prefix);
    if (answer.http.body.size() != piece)
      throw outside_error(shown(url) + " gives other bytes than it was asked for",
                          "what answers there is no sound S3 server");
    write_all(fd, answer.http.body, "a temporary file");
    done += piece;
    if (options.progress != nullptr) options.progress->advance(piece);
  }
  return {etag, false};
}

}  // namespace

Downloaded download(const std::string& url, int fd, const DownloadOptions& options) {
  return url.starts_with("s3://") ? download_s3(url, fd, options) : WebFile(url, fd, options).run();
}

}  // namespace mlops::exchange
