#include "store/remote/s3_client.h"

#include <algorithm>
#include <ctime>

#include "base/hash.h"
#include "base/text.h"
#include "store/remote/s3_xml.h"
#include "store/remote/tries.h"
#include "store/remote/url_parts.h"

namespace mlops::store {
namespace {

constexpr Micros k_connect_time = 10'000'000, k_idle_time = 60'000'000;

bool may_help_again(const S3Answer& answer) {
  if (store::may_help_again(answer.http)) return true;
  for (const char* code : {"RequestTimeout", "BadDigest", "XAmzContentSHA256Mismatch"})
    if (answer.code == code) return true;
  return false;
}

// The second is versitygw's.
bool unknown_key(const std::string& code) { return code == "InvalidAccessKeyId" || code == "XAdminUserNotFound"; }

bool is_region(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const auto& text : texts)
    if (!text.empty()) return text;
  return {};
}

std::string endpoint_of_aws(const std::string& region) {
  return "https://s3." + region + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace

S3Client::S3Client(S3Address address, std::stop_token stop) : address_(std::move(address)), stop_(std::move(stop)) {
  const AwsProfile profile = load_aws_profile();
  region_ = first_of(
      {address_.region, environment_text({"AWS_REGION", "AWS_DEFAULT_REGION"}), profile.value("region"), "us-east-1"});
  if (!is_region(region_))
    throw state_error("\"" + printable(region_) + "\" is no region",
                      "AWS_REGION=eu-central-1, or ?region=eu-central-1 at the remote's end");
  const std::string named =
      first_of({environment_text({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}), profile.value("endpoint_url")});
  where_ = address_.endpoint;
  if (where_.empty() && !named.empty())
    where_ = checked_origin(named, "AWS_ENDPOINT_URL (or the profile's endpoint_url)");
  // A certificate for *.s3.REGION.amazonaws.com does not hold for a bucket with dots.
  path_style_ = address_.style == "path" ||
                (address_.style.empty() && (!where_.empty() || address_.bucket.find('.') != std::string::npos));
  if (where_.empty()) where_ = endpoint_of_aws(region_);
  const auto slashes = where_.find("://") + 3;
  scheme_ = where_.substr(0, slashes);
  host_ = (path_style_ ? "" : address_.bucket + ".") + where_.substr(slashes);
  ca_file_ = environment_text({"AWS_CA_BUNDLE"});
  if (ca_file_.empty()) ca_file_ = profile.value("ca_bundle");
  credentials_ = std::make_unique<AwsCredentials>(profile);
}

S3Answer S3Client::once(const S3Call& call) const {
  S3Request signing{
      call.method,
      host_,
      (path_style_ ? "/" + address_.bucket : "") + (path_style_ && call.key.empty() ? "" : "/" + call.key),
      call.query,
      call.headers,
      {}};
  signing.payload_sha256 = call.file.descriptor >= 0 ? call.payload_sha256 : sha256(call.body).hex();
  HttpRequest request{.method = call.method, .url = scheme_ + host_ + target_of(signing)};
  request.headers = signed_headers(signing, credentials_->keys(), region_, now_micros());
  if (call.method == "POST") request.headers.emplace_back("Content-Type", "application/xml");
  request.body = call.body;
  request.file = call.file;
  request.connect_time = k_connect_time;
  request.time = 0;
  request.idle_time = k_idle_time;
  request.answer_limit = call.answer_limit == 0 ? k_s3_answer_limit : call.answer_limit;
  request.ca_file = ca_file_;
  request.stop = stop_;
  S3Answer out{ask_http(request), {}, {}};
  if (out.http.problem != HttpProblem::none || out.good()) return out;
  const S3Problem problem = parse_s3_error(out.http.body);
  out.code = problem.code;
  out.region = first_of({std::string(out.http.header("x-amz-bucket-region")), problem.region});
  return out;
}

S3Answer S3Client::call(const S3Call& call) const {
  for (int tries = 1;; ++tries) {
    S3Answer answer = once(call);
    answer.tries = tries;
    if (answer.http.problem == HttpProblem::none) answered_ = true;
    if (!may_help_again(answer) || tries >= (answered_ ? k_tries : k_tries_unanswered)) {
      if (answer.http.problem != HttpProblem::none) throw unanswered(answer.http);
      return answer;
    }
    pause_before(tries + 1, stop_);
    if (call.already_there && call.already_there()) {
      answer.http = {.status = 412};
      ++answer.tries;
      return answer;
    }
  }
}

Error S3Client::unanswered(const HttpAnswer& answer) const {
  if (answer.problem == HttpProblem::stopped) return interrupted();
  if (answer.problem == HttpProblem::untrusted && answer.sentence.find("CA cert") != std::string::npos)
    return outside_error("the file of trusted certificates \"" + printable(ca_file_) + "\" can't be used",
                         "AWS_CA_BUNDLE names a file of certificates in PEM");
  if (answer.problem == HttpProblem::untrusted)
    return outside_error(where_ + " shows a certificate that is not trusted",
                         "AWS_CA_BUNDLE=FILE names the certificates (PEM) of your own authority");
  if (answer.problem == HttpProblem::too_large) return outside_error(answer.sentence);
  return outside_error(
      answer.sentence,
      "is it the right endpoint, and is it up? It is named by ?endpoint= at the remote's end, or by AWS_ENDPOINT_URL");
}

Error S3Client::failure(const S3Answer& answer, const std::string& doing) const {
  const std::string& code = answer.code;
  if (code == "NoSuchBucket")
    return outside_error("there is no bucket \"" + bucket() + "\" at " + where_,
                         "make it first, or check name, endpoint and region");
  if (code == "RequestTimeTooSkewed") return skewed(answer);
  const bool region_matters = answer.status() == 301 || answer.status() == 307 ||
                              code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraintException" ||
                              (answer.status() == 400 && !answer.region.empty());
  if (region_matters || (answer.status() >= 300 && answer.status() < 400)) return elsewhere(answer);
  if (answer.status() == 401 || answer.status() == 403 || unknown_key(code) || code == "ExpiredToken" ||
      code == "InvalidToken")
    return refused(answer, doing);
  return outside_error(fmt::format("{} answers {} {}when asked to {} in bucket \"{}\"", where_, answer.status(),
                                   code.empty() ? "" : printable(code.substr(0, 64)) + " ", doing, bucket()),
                       answer.status() >= 500 || answer.status() == 429
                           ? "it was asked " + std::to_string(answer.tries) + " times; try again later"
                           : "");
}

Error S3Client::refused(const S3Answer& answer, const std::string& doing) const {
  const std::string& from = credentials_->source();
  if (answer.code == "SignatureDoesNotMatch")
    return outside_error(where_ + " does not accept the secret key", "check " + from);
  if (unknown_key(answer.code)) return outside_error(where_ + " does not know the access key", "check " + from);
  if (answer.code == "ExpiredToken" || answer.code == "TokenRefreshRequired" || answer.code == "InvalidToken")
    return outside_error("the session token from " + from + " has ended or is not valid",
                         "sign in again to get a new one");
  return outside_error(fmt::format("bucket \"{}\" at {}: access denied when asked to {}", bucket(), where_, doing),
                       "the keys of " + from + " need s3:ListBucket, s3:GetObject and, to push, s3:PutObject");
}

Error S3Client::elsewhere(const S3Answer& answer) const {
  if (is_region(answer.region) && answer.region != region_)
    return outside_error(
        "bucket \"" + bucket() + "\" is in the region " + answer.region + ", not in " + region_,
        "AWS_REGION=" + answer.region + ", or add the remote with ?region=" + answer.region + " at its end");
  if (answer.status() >= 300 && answer.status() < 400)
    return outside_error(fmt::format("{} answers {}, a redirect, which is not followed", where_, answer.status()),
                         "name the right endpoint: ?endpoint=https://HOST at the remote's end, or AWS_ENDPOINT_URL");
  return outside_error(where_ + " does not accept the region " + region_,
                       "AWS_REGION, or ?region= at the remote's end");
}

Error S3Client::skewed(const S3Answer& answer) const {
  std::string by = "too much";
  tm parts{};
  const std::string date(answer.http.header("date"));
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) != nullptr)
    by = "by " + show_duration(std::abs(now_micros() - static_cast<Micros>(::timegm(&parts)) * 1'000'000));
  return outside_error(
      "this machine's clock differs " + by + " from that of " + where_ + ", which refuses requests for it",
      "set the clock: timedatectl set-ntp true");
}

}  // namespace mlops::store
