#include "store/remote/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "store/remote/aws_profile.h"
#include "store/remote/listing.h"
#include "store/remote/transfers.h"
#include "store/remote/tries.h"
#include "store/remote/url_parts.h"

namespace mlops::store {
namespace {

constexpr Micros k_connect_time = 10'000'000, k_idle_time = 60'000'000;
constexpr std::uint64_t k_whole_limit = 160 << 20;  // of a file that is taken whole where the server gives no parts

Error read_only_error() {
  return state_error("an http remote can only be read", "push to the directory, machine or bucket that it shows");
}

class HttpRemote : public Remote {
 public:
  HttpRemote(std::string url, std::stop_token stop)
      : url_(std::move(url)), stop_(std::move(stop)), ca_file_(environment_text({"SSL_CERT_FILE"})) {}

  [[nodiscard]] const std::string& url() const override { return url_; }
  [[nodiscard]] bool read_only() const override { return true; }
  [[nodiscard]] bool lists_what_was() const override { return true; }

  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override {
    const std::lock_guard lock(list_mutex_);
    if (!items_) items_ = read_listings();
    std::vector<Item> out;
    for (const auto& [name, size] : *items_)
      if (name.starts_with(prefix)) out.push_back({name, size});
    return out;
  }

  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    if (length == 0) return {};
    if (!gives_parts_) return part_of_whole(name, offset, length);
    HttpAnswer answer = ask("GET", name, length, {{"Range", fmt::format("bytes={}-{}", offset, offset + length - 1)}});
    if (answer.status == 200 && (answer.problem == HttpProblem::too_large || offset > 0)) {
      gives_parts_ = false;
      return part_of_whole(name, offset, length);
    }
    if (answer.status == 416) throw too_short(name);
    expect_good(answer, name);
    if (answer.body.size() < length) throw too_short(name);
    return std::move(answer.body);
  }

  bool write_once(const std::string&, const fs::path&) override { throw read_only_error(); }
  bool write_once(const std::string&, std::string_view) override { throw read_only_error(); }
  void remove(const std::string&) override { throw read_only_error(); }

 private:
  [[nodiscard]] HttpAnswer ask(const std::string& method, const std::string& name, std::uint64_t limit,
                               std::vector<std::pair<std::string, std::string>> headers = {}) const {
    HttpRequest request{.method = method, .url = url_ + "/" + name, .headers = std::move(headers)};
    request.connect_time = k_connect_time;
    request.time = 0;
    request.idle_time = k_idle_time;
    request.answer_limit = limit;
    request.ca_file = ca_file_;
    request.stop = stop_;
    for (int tries = 1;; ++tries) {
      HttpAnswer answer = ask_http(request);
      if (answer.problem == HttpProblem::none) answered_ = true;
      if (!may_help_again(answer) || tries >= (answered_ ? k_tries : k_tries_unanswered)) return answer;
      pause_before(tries + 1, stop_);
    }
  }

  [[nodiscard]] Error too_short(const std::string& name) const {
    return state_error(name + " on " + url_ + " is shorter than it should be", "push again from a clone that has it");
  }

  void expect_good(const HttpAnswer& answer, const std::string& name) const {
    if (answer.problem == HttpProblem::untrusted)
      throw outside_error(url_ + " shows a certificate that is not trusted",
                          "SSL_CERT_FILE=FILE names the certificates (PEM) of your own authority");
    if (answer.problem == HttpProblem::stopped) throw interrupted();
    const bool answered = answer.problem == HttpProblem::none || answer.problem == HttpProblem::too_large;
    if (answered && answer.status == 404) throw Gone(url_, name);  // many have a long page to say so
    if (answer.problem != HttpProblem::none) throw outside_error(answer.sentence);
    if (answer.status >= 300 && answer.status < 400)
      throw outside_error(fmt::format("{} answers {}, a redirect, which is not followed", url_, answer.status),
                          "add the remote under the address that it leads to");
    if (answer.status != 200 && answer.status != 206)
      throw outside_error(fmt::format("{} answers {} when asked for {}", url_, answer.status, name));
  }

  // One file is kept, since pieces of it are asked for one after another; one is fetched at a time, to bound memory.
  [[nodiscard]] std::string part_of_whole(const std::string& name, std::uint64_t offset, std::uint64_t length) const {
    const std::lock_guard lock(whole_mutex_);
    if (whole_name_ != name) {
      whole_name_.clear();
      HttpAnswer answer = ask("GET", name, k_whole_limit);
      if (answer.problem == HttpProblem::too_large)
        throw outside_error(url_ + " gives no parts of files, and " + name + " is too large to take whole",
                            "serve the folder with nginx, Apache or Caddy, which do");
      expect_good(answer, name);
      whole_ = std::move(answer.body);
      whole_name_ = name;
    }
    if (offset > whole_.size() || whole_.size() - offset < length) throw too_short(name);
    return whole_.substr(offset, length);
  }

  [[nodiscard]] bool has_listing(std::uint64_t number) const {
    const HttpAnswer answer = ask("HEAD", listing_name(number), 0);
    if (answer.problem == HttpProblem::none && (answer.status == 404 || answer.status == 403 || answer.status == 410))
      return false;
    expect_good(answer, listing_name(number));
    return true;
  }

  // Numbers have no gaps.
  [[nodiscard]] std::uint64_t last_listing() const {
    std::uint64_t there = 0, beyond = 1;
    for (; has_listing(beyond); beyond *= 2)
      if ((there = beyond) > k_most_listings)
        throw outside_error("the list of " + url_ + " does not end", "what answers there says yes to everything");
    while (beyond - there > 1) {
      const std::uint64_t middle = there + (beyond - there) / 2;
      (has_listing(middle) ? there : beyond) = middle;
    }
    return there;
  }

  [[nodiscard]] std::vector<Item> read_listings() const {
    const auto numbers = listings_for(last_listing());
    if (numbers.empty())
      throw state_error("at " + url_ + " is nothing that mlops pushed",
                        "is the address right? Push once with this version of mlops to what it shows");
    std::vector<std::vector<Item>> parts(numbers.size());
    transfer_all(numbers.size(), 4, {}, [&](std::size_t i) {
      const std::string name = listing_name(numbers[i]);
      const HttpAnswer answer = ask("GET", name, k_listing_limit);
      expect_good(answer, name);
      parts[i] = parse_listing(answer.body, name + " on " + url_);
    });
    std::vector<Item> out;
    for (auto& part : parts)
      out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    std::sort(out.begin(), out.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
    out.erase(std::unique(out.begin(), out.end(), [](const Item& a, const Item& b) { return a.name == b.name; }),
              out.end());
    return out;
  }

  std::string url_;
  std::stop_token stop_;
  std::string ca_file_;
  mutable std::atomic<bool> answered_{false}, gives_parts_{true};
  mutable std::mutex list_mutex_, whole_mutex_;
  mutable std::optional<std::vector<Item>> items_;
  mutable std::string whole_name_, whole_;
};

}  // namespace

std::string check_http_url(const std::string& url) {
  if (url.find('?') != std::string::npos || url.find('#') != std::string::npos)
    throw usage_error("an http remote's address has no \"?\" and no \"#\"", "https://host/folder");
  const auto slash = url.find('/', url.find("://") + 3);
  const std::string folder = slash == std::string::npos ? "" : checked_folder(url.substr(slash + 1));
  return checked_origin(url.substr(0, slash), "the address") + (folder.empty() ? "" : "/" + folder);
}

std::unique_ptr<Remote> open_http_remote(const std::string& url, const std::stop_token& stop) {
  return std::make_unique<HttpRemote>(check_http_url(url), stop);
}

}  // namespace mlops::store
