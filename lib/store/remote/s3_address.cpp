#include "store/remote/s3_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "store/remote/url_parts.h"

namespace mlops::store {
namespace {

constexpr const char* k_example = "s3://team-bucket/churn?region=eu-central-1";

Error bad(const std::string& why, const std::string& hint = k_example) {
  return usage_error("this is no S3 address: " + why, hint);
}

bool only(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
void check_bucket(const std::string& bucket) {
  const auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (bucket.empty()) throw bad("it names no bucket");
  if (bucket.size() < 3 || bucket.size() > 63 || !only(bucket, ".-") || !edge(bucket.front()) || !edge(bucket.back()) ||
      bucket.find("..") != std::string::npos)
    throw bad("\"" + printable(bucket.substr(0, 80)) + "\" can't name a bucket",
              "3 to 63 lower-case letters, digits, - and ., letter or digit first and last");
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void take_option(S3Address& address, std::string_view option) {
  const auto equals = option.find('=');
  const std::string name(option.substr(0, equals)),
      value = equals == std::string_view::npos ? "" : decoded(option.substr(equals + 1));
  if (name == "endpoint") {
    address.endpoint = checked_origin(value, "the endpoint");
  } else if (name == "region") {
    if (value.empty() || value.size() > 64 || !only(value, "-"))
      throw bad("its region is not one", "region=eu-central-1");
    address.region = value;
  } else if (name == "style") {
    if (value != "path" && value != "virtual") throw bad("its style is neither path nor virtual");
    address.style = value;
  } else {
    throw bad("\"" + printable(name.substr(0, 40)) + "\" is no option of it",
              "endpoint, region and style are; keys come from the environment or a profile");
  }
}

std::string url_of(const S3Address& address, const std::string& path) {
  std::string out = "s3://" + address.bucket + (path.empty() ? "" : "/" + path), options;
  for (const auto& [name, value] : {std::pair("endpoint", address.endpoint), std::pair("region", address.region),
                                    std::pair("style", address.style)})
    if (!value.empty()) options += (options.empty() ? "?" : "&") + std::string(name) + "=" + value;
  return out + options;
}

// The bucket and the options; what stands between goes into `path`.
S3Address parse(const std::string& url, std::string& path) {
  std::string rest = url.substr(5), query;
  if (const auto mark = rest.find('?'); mark != std::string::npos) {
    query = rest.substr(mark + 1);
    rest.resize(mark);
  }
  S3Address out;
  const auto slash = rest.find('/');
  out.bucket = rest.substr(0, slash);
  refuse_credentials(out.bucket);
  check_bucket(out.bucket);
  path = slash == std::string::npos ? "" : rest.substr(slash + 1);
  for (const auto& option : split(query, '&'))
    if (!option.empty()) take_option(out, option);
  return out;
}

void check_key(const std::string& key) {
  const bool control = std::any_of(key.begin(), key.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (!is_utf8(key) || control || key.size() > 1024)
    throw bad("its key is longer than 1,024 bytes, no UTF-8, or holds control characters",
              "s3://bucket/folder/file.csv");
  for (const auto& part : split(key, '/'))
    if (part == "." || part == "..") throw bad("a part of its key is called \"" + part + "\"");
}

}  // namespace

S3Address parse_s3_address(const std::string& url) {
  std::string path;
  refuse_credentials(url.substr(0, url.find('?')));
  S3Address out = parse(url, path);
  out.prefix = checked_folder(path);
  return out;
}

S3Object parse_s3_object(const std::string& url) {
  S3Object out;
  out.address = parse(url, out.key);
  out.key = decoded(out.key);
  check_key(out.key);
  return out;
}

std::string S3Address::text() const { return url_of(*this, prefix); }

std::string S3Object::text() const {
  std::string path;
  for (const char c : key)
    path += c == ' ' || c == '%' || c == '?' || c == '#' || c == 0x7f
                ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                : std::string(1, c);
  return url_of(address, path);
}

}  // namespace mlops::store
