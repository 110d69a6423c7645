// AWS Signature Version 4 for S3, in the Authorization header.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mlops::store {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct AwsKeys {
  std::string id, secret, token;  // token: of temporary credentials, else empty
};

struct S3Request {
  std::string method;
  std::string host;  // with the port where it is not the scheme's own
  std::string path;  // "/bucket/key", not encoded
  Pairs query{};     // not encoded
  Pairs headers{};   // all are signed; without host and x-amz-date, -content-sha256, -security-token
  std::string payload_sha256;
};

// Everything but letters, digits and "-._~" as %XX; "/" too, unless it is kept.
std::string uri_encode(std::string_view text, bool keep_slash);
// "/path?a=b" as it is signed and must be sent.
std::string target_of(const S3Request& request);
// The request's headers and those that sign it.
Pairs signed_headers(const S3Request& request, const AwsKeys& keys, const std::string& region, Micros time);

}  // namespace mlops::store
