#include "store/remote/s3.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/config.h"
#include "base/error.h"
#include "base/text.h"
#include "store/remote/s3_client.h"
#include "store/remote/s3_upload.h"
#include "store/remote/s3_xml.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_most_objects = 2'000'000;  // that a list may have
constexpr int k_empty_pages = 100;                 // that may follow one another
constexpr std::uint64_t k_least_part = 5 << 20, k_part = 128 << 20;

// As Remote says; other objects there are nobody's.
bool is_name(std::string_view text) {
  return text.size() <= 160 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
         });
}

std::uint64_t part_size() {
  const std::string text = Config::load({}).text("s3.part_size").value_or("");
  if (text.empty()) return k_part;
  std::uint64_t size = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (problem != std::errc() || end != text.data() + text.size() || size < k_least_part ||
      size > (std::uint64_t{5} << 30))
    throw input_error("s3.part_size is no number of bytes between 5 MiB and 5 GiB", "MLOPS_S3_PART_SIZE=16777216");
  return size;
}

class S3Remote : public Remote {
 public:
  S3Remote(const S3Address& address, const std::stop_token& stop)
      : url_(address.text()),
        prefix_(address.prefix.empty() ? "" : address.prefix + "/"),
        client_(address, stop),
        upload_(client_, part_size()) {}

  [[nodiscard]] const std::string& url() const override { return url_; }

  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override {
    std::vector<Item> out;
    std::unordered_set<std::string> tokens;
    int empty = 0;
    for (std::string token;;) {
      S3ListPage page = list_page(prefix, token);
      for (auto& object : page.objects)
        if (object.key.starts_with(prefix_ + prefix) && is_name(object.key.substr(prefix_.size())))
          out.push_back({object.key.substr(prefix_.size()), object.size});
      if (!page.truncated) return out;
      empty = page.objects.empty() ? empty + 1 : 0;
      if (out.size() > k_most_objects || empty > k_empty_pages || !tokens.insert(page.next_token).second)
        throw outside_error("the list of " + url_ + " does not end", "what answers there is no sound S3 server");
      token = std::move(page.next_token);
    }
  }

  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    if (length == 0) return {};
    S3Call call{"GET", prefix_ + name, {}, {{"Range", fmt::format("bytes={}-{}", offset, offset + length - 1)}}};
    call.answer_limit = std::max(length, k_s3_answer_limit);
    S3Answer answer = client_.call(call);
    if (answer.status() == 404 && answer.code != "NoSuchBucket") throw Gone(url_, name);
    if (answer.status() != 416 && !answer.good()) throw client_.failure(answer, "read " + name);
    const bool ranged = answer.status() == 206 || (offset == 0 && answer.http.body.size() == length);
    if (answer.status() == 416 || (ranged && answer.http.body.size() < length))
      throw state_error(name + " on " + url_ + " is shorter than it should be", "push again from a clone that has it");
    if (!ranged || answer.http.body.size() != length)
      throw outside_error(url_ + " gives other bytes of " + name + " than it was asked for",
                          "what answers there is no sound S3 server");
    return std::move(answer.http.body);
  }

  bool write_once(const std::string& name, const fs::path& file) override {
    return upload_.write(prefix_ + name, file);
  }
  bool write_once(const std::string& name, std::string_view bytes) override {
    return upload_.write(prefix_ + name, bytes);
  }

  void remove(const std::string& name) override {
    const S3Answer answer = client_.call({"DELETE", prefix_ + name});
    if (!answer.good() && answer.code != "NoSuchKey") throw client_.failure(answer, "remove " + name);
  }

 private:
  [[nodiscard]] S3ListPage list_page(const std::string& prefix, const std::string& token) const {
    S3Call call{"GET",
                "",
                {{"list-type", "2"},
                 {"max-keys", std::to_string(k_s3_page_keys)},
                 {"prefix", prefix_ + prefix},
                 {"encoding-type", "url"}}};
    if (!token.empty()) call.query.emplace_back("continuation-token", token);
    const S3Answer answer = client_.call(call);
    if (!answer.good()) throw client_.failure(answer, "list " + prefix);
    try {
      return parse_s3_list(answer.http.body);
    } catch (const Error& error) {
      throw outside_error(url_ + ": " + error.message(), "is it an S3 server?");
    }
  }

  std::string url_, prefix_;
  S3Client client_;
  S3Upload upload_;
};

}  // namespace

std::unique_ptr<Remote> open_s3_remote(const std::string& url, const std::stop_token& stop) {
  return std::make_unique<S3Remote>(parse_s3_address(url), stop);
}
std::string check_s3_url(const std::string& url) { return parse_s3_address(url).text(); }

}  // namespace mlops::store
