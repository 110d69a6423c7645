#include "store/remote/sigv4.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace mlops::store {
namespace {

// The raw bytes of an HMAC: each key is made from the one before.
std::string hmac_bytes(std::string_view key, std::string_view text) {
  const Id id = *Id::from_hex(hmac_sha256(key, text));
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

// "20130524T000000Z".
std::string stamp_of(Micros time) {
  std::string out = to_utc(time).substr(0, 19);
  std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
  return out + "Z";
}

std::string encoded_query(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encode(name, false), uri_encode(value, false));
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

std::string uri_encode(std::string_view text, bool keep_slash) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain || (c == '/' && keep_slash))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string target_of(const S3Request& request) {
  const std::string query = encoded_query(request.query);
  return uri_encode(request.path, true) + (query.empty() ? "" : "?" + query);
}

Pairs signed_headers(const S3Request& request, const AwsKeys& keys, const std::string& region, Micros time) {
  const std::string stamp = stamp_of(time), scope = stamp.substr(0, 8) + "/" + region + "/s3/aws4_request";
  Pairs headers = request.headers;
  headers.emplace_back("x-amz-content-sha256", request.payload_sha256);
  headers.emplace_back("x-amz-date", stamp);
  if (!keys.token.empty()) headers.emplace_back("x-amz-security-token", keys.token);
  Pairs signed_ones{{"host", request.host}};
  for (const auto& [name, value] : headers) signed_ones.emplace_back(lower(name), value);
  std::sort(signed_ones.begin(), signed_ones.end());
  std::string names, lines;
  for (const auto& [name, value] : signed_ones) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ":" + value + "\n";
  }
  const std::string canonical = request.method + "\n" + uri_encode(request.path, true) + "\n" +
                                encoded_query(request.query) + "\n" + lines + "\n" + names + "\n" +
                                request.payload_sha256;
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + sha256(canonical).hex();
  const std::string day = hmac_bytes("AWS4" + keys.secret, stamp.substr(0, 8));
  const std::string key = hmac_bytes(hmac_bytes(hmac_bytes(day, region), "s3"), "aws4_request");
  headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + keys.id + "/" + scope +
                                            ",SignedHeaders=" + names + ",Signature=" + hmac_sha256(key, to_sign));
  return headers;
}

}  // namespace mlops::store
