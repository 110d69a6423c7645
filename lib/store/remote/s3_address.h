// What an s3:// URL says: s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION&style=path|virtual.
#pragma once

#include <string>

namespace mlops::store {

struct S3Address {
  std::string bucket, prefix;  // prefix: "" or "a/b", without slashes at its ends
  std::string endpoint;        // "http://host:port", "" = not said
  std::string region;          // "" = not said
  std::string style;           // "path", "virtual" or "" = not said

  [[nodiscard]] std::string text() const;  // the URL in its one form
};

// Throws Error(usage), which repeats nothing that might be a secret, for what can't be one: names that S3 does not
// allow, a prefix with "..", credentials in it, unknown options.
S3Address parse_s3_address(const std::string& url);

// One object: s3://BUCKET/KEY?endpoint=…; a key may hold any character, %XX stands for a byte (%3F for "?", %25 for
// "%").
struct S3Object {
  S3Address address;  // without a prefix
  std::string key;    // as the bucket has it

  [[nodiscard]] std::string text() const;  // the URL in its one form
};
// Throws Error(usage) as parse_s3_address, and for a key that is no UTF-8, holds control characters or a part "..",
// which web clients take out.
S3Object parse_s3_object(const std::string& url);

}  // namespace mlops::store
