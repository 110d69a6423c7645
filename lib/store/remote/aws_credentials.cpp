#include "store/remote/aws_credentials.h"

#include <algorithm>

#include "base/config.h"
#include "base/error.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/text.h"

namespace mlops::store {
namespace {

constexpr Micros k_minute = 60'000'000, k_metadata_time = 2'000'000;
constexpr std::uint64_t k_metadata_limit = 64 << 10;

const char* k_none = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE";

// They become header lines.
void check(const AwsKeys& keys, const std::string& source) {
  for (const std::string* text : {&keys.id, &keys.secret, &keys.token})
    if (std::any_of(text->begin(), text->end(), [](char c) {
          return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f;
        }))
      throw state_error("the S3 keys of " + source + " hold characters that keys don't have",
                        "perhaps a line's end or a quote was copied along");
}

bool metadata_wanted() {
  const std::string word = Config::load({}).text("s3.instance_metadata").value_or("");
  return word == "1" || word == "true";
}

// Version 2 of the service (with a token):
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
std::string ask_metadata(const std::string& method, const std::string& path,
                         const std::pair<std::string, std::string>& header) {
  const std::string named = environment_text({"AWS_EC2_METADATA_SERVICE_ENDPOINT"});
  const std::string endpoint =
      named.empty() ? "http://169.254.169.254" : named.substr(0, named.find_last_not_of('/') + 1);
  HttpRequest request{.method = method, .url = endpoint + path};
  request.headers.push_back(header);
  request.connect_time = request.time = k_metadata_time;
  request.answer_limit = k_metadata_limit;
  const HttpAnswer answer = send_http(request);
  if (answer.status != 200)
    throw outside_error(fmt::format("the instance's metadata service answers {} to {}", answer.status, path),
                        "the instance needs a role that may use S3");
  return answer.body;
}

AwsKeys ask_metadata_keys(Micros& until) {
  const std::string token(
      trim(ask_metadata("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds", "300"})));
  const std::pair<std::string, std::string> pass{"X-aws-ec2-metadata-token", token};
  check({token, "", ""}, "the instance's metadata");
  const std::string folder = "/latest/meta-data/iam/security-credentials/", roles = ask_metadata("GET", folder, pass);
  const std::string role(trim(roles.substr(0, roles.find('\n'))));
  const Json said =
      parse_json(ask_metadata("GET", folder + uri_encode(role, false), pass), "the metadata service's answer");
  until = parse_time(text_or(said, "Expiration")).value_or(now_micros() + 10 * k_minute);
  return {text_or(said, "AccessKeyId"), text_or(said, "SecretAccessKey"), text_or(said, "Token")};
}

Error no_keys(const AwsProfile& profile) {
  for (const char* other :
       {"sso_session", "sso_start_url", "role_arn", "credential_process", "web_identity_token_file"})
    if (!profile.value(other).empty())
      return state_error(
          "the profile \"" + printable(profile.name) + "\" gets its keys by " + other + ", which mlops does not do",
          "eval \"$(aws configure export-credentials --format env)\" puts them into the environment");
  return state_error("there are no keys for S3", k_none);
}

}  // namespace

AwsCredentials::AwsCredentials(const AwsProfile& profile) {
  keys_ = {environment_text({"AWS_ACCESS_KEY_ID"}), environment_text({"AWS_SECRET_ACCESS_KEY"}),
           environment_text({"AWS_SESSION_TOKEN"})};
  source_ = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  if (keys_.id.empty() != keys_.secret.empty())
    throw state_error(std::string(keys_.id.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") +
                          " is not set, but the other half of the key is",
                      k_none);
  if (keys_.id.empty()) {
    keys_ = {profile.value("aws_access_key_id"), profile.value("aws_secret_access_key"),
             profile.value("aws_session_token")};
    source_ = "the profile \"" + printable(profile.name) + "\"";
  }
  if (keys_.id.empty() || keys_.secret.empty()) {
    if (!metadata_wanted()) throw no_keys(profile);
    source_ = "the instance's metadata";
    keys_ = ask_metadata_keys(until_);
    if (keys_.id.empty() || keys_.secret.empty())
      throw state_error("the instance's metadata service hands out no keys", k_none);
  }
  check(keys_, source_);
}

AwsKeys AwsCredentials::keys() {
  const std::lock_guard lock(mutex_);
  if (until_ != 0 && now_micros() + 5 * k_minute > until_) {
    keys_ = ask_metadata_keys(until_);
    check(keys_, source_);
  }
  return keys_;
}

}  // namespace mlops::store
