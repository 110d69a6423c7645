// Signed requests to one bucket, tried again where that may help.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/http_client.h"
#include "store/remote/aws_credentials.h"
#include "store/remote/s3_address.h"

namespace mlops::store {

// One request; `key` is the object's whole key, "" = the bucket itself.
struct S3Call {
  std::string method, key;
  Pairs query{}, headers{};
  std::string body{};
  HttpFile file{};               // in place of `body`
  std::string payload_sha256{};  // of `file`
  // Asked before the call is tried again: true ends it like an answer 412. A write whose answer was lost may have been
  // done, and servers that refuse a body in the middle often just hang up.
  std::function<bool()> already_there{};
  std::uint64_t answer_limit = 0;  // of an answer that is no error; 0 = that of XML
};

struct S3Answer {
  HttpAnswer http;
  std::string code, region;  // of an error: S3's word for it, and the region that it names
  int tries = 1;

  [[nodiscard]] int status() const { return http.status; }
  [[nodiscard]] bool good() const { return http.status >= 200 && http.status < 300; }
};

// Thread-safe.
class S3Client {
 public:
  // Endpoint and region: of the address, else of the environment, else of the profile, else AWS's own.
  explicit S3Client(S3Address address, std::stop_token stop = {});

  // What the server answers, be it an error. Broken connections, 429, 500, 502, 503 and 504 are tried again up to
  // `k_tries` times with growing pauses. Throws Error(outside) where there is no answer at all.
  [[nodiscard]] S3Answer call(const S3Call& call) const;
  // An error answer as a sentence; `doing`: "list", "read packs/x.pack".
  [[nodiscard]] Error failure(const S3Answer& answer, const std::string& doing) const;
  [[nodiscard]] const std::string& bucket() const { return address_.bucket; }

 private:
  [[nodiscard]] S3Answer once(const S3Call& call) const;
  [[nodiscard]] Error unanswered(const HttpAnswer& answer) const;
  [[nodiscard]] Error refused(const S3Answer& answer, const std::string& doing) const;
  [[nodiscard]] Error elsewhere(const S3Answer& answer) const;
  [[nodiscard]] Error skewed(const S3Answer& answer) const;

  S3Address address_;
  std::stop_token stop_;
  std::string scheme_, host_, region_, ca_file_, where_;
  bool path_style_ = false;
  std::unique_ptr<AwsCredentials> credentials_;
  mutable std::atomic<bool> answered_{false};  // has ever had an answer
};

}  // namespace mlops::store
