#include "store/remote/s3_upload.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "base/file_at.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/remote/s3_xml.h"
#include "store/remote/transfers.h"

namespace mlops::store {
namespace {

constexpr int k_conflicts = 5;  // of writes of one name at one moment
constexpr std::size_t k_most_parts = 10'000;
constexpr unsigned k_parts_at_once = 4;  // of one object
constexpr std::size_t k_window = 1 << 20;

}  // namespace

// Bytes in memory, or a file, of which never more is held than what is being hashed.
struct S3Upload::Source {
  std::string_view bytes;
  int descriptor = -1;
  std::uint64_t size = 0;
  fs::path name;

  void put_into(S3Call& call, std::uint64_t offset, std::uint64_t length) const {
    if (descriptor < 0) {
      call.body = bytes.substr(offset, length);
      return;
    }
    call.file = {descriptor, offset, length};
    call.payload_sha256 = hash(offset, length).hex();
  }

 private:
  [[nodiscard]] Id hash(std::uint64_t offset, std::uint64_t length) const {
    Sha256 hash;
    std::vector<std::byte> buffer(std::min<std::uint64_t>(length, k_window));
    while (length > 0) {
      const auto part = std::span(buffer).first(std::min<std::uint64_t>(length, buffer.size()));
      if (read_at(descriptor, part, offset, name) != part.size())
        throw outside_error("\"" + printable(name.string()) + "\" was cut while it was sent");
      hash.update(part);
      offset += part.size();
      length -= part.size();
    }
    return hash.finish();
  }
};

bool S3Upload::write(const std::string& key, std::string_view bytes) {
  return write(key, Source{bytes, -1, bytes.size(), {}});
}

bool S3Upload::write(const std::string& key, const fs::path& file) {
  const Fd fd = open_file(file, O_RDONLY | O_NOFOLLOW);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw system_error("cannot read \"" + printable(file.string()) + "\"", errno);
  return write(key, Source{{}, fd.get(), static_cast<std::uint64_t>(info.st_size), file});
}

bool S3Upload::write(const std::string& key, const Source& source) {
  for (int i = 0; i < k_conflicts; ++i) {
    if (exists(key)) return false;
    const Outcome outcome = source.size > part_size_ ? put_parts(key, source) : put_whole(key, source);
    if (outcome != Outcome::again) return outcome == Outcome::made;
  }
  throw outside_error("\"" + printable(key) + "\" can't be written: others write it at the same time, again and again");
}

bool S3Upload::exists(const std::string& key) const {
  const S3Answer answer = client_.call({"HEAD", key});
  if (answer.status() == 404) return false;
  if (!answer.good()) throw client_.failure(answer, "look for " + printable(key));
  return true;
}

bool S3Upload::same(const std::string& key, std::string_view bytes) const {
  S3Call call{"GET", key};
  call.answer_limit = std::max<std::uint64_t>(bytes.size() + 1, k_s3_answer_limit);
  const S3Answer answer = client_.call(call);
  return answer.good() && answer.http.body == bytes;
}

Pairs S3Upload::only_if_new() const { return conditional_ ? Pairs{{"If-None-Match", "*"}} : Pairs{}; }

bool S3Upload::give_up_condition(const S3Call& call, const S3Answer& answer) {
  const bool not_understood =
      answer.status() == 501 ||
      (answer.status() == 400 && (answer.code == "InvalidArgument" || answer.code == "NotImplemented"));
  if (!not_understood || call.headers.empty()) return false;
  conditional_ = false;
  return true;
}

S3Upload::Outcome S3Upload::outcome(const S3Call& call, const S3Answer& answer, const Source* source) {
  if (answer.good()) return Outcome::made;
  if (answer.status() == 409 || give_up_condition(call, answer)) return Outcome::again;
  if (answer.status() != 412) throw client_.failure(answer, "write " + printable(call.key));
  // An answer may be lost after the object was made; then what is there now is ours.
  const bool ours = source != nullptr && source->descriptor < 0 && same(call.key, source->bytes);
  return ours ? Outcome::made : Outcome::there;
}

S3Upload::Outcome S3Upload::put_whole(const std::string& key, const Source& source) {
  S3Call call{"PUT", key, {}, only_if_new()};
  source.put_into(call, 0, source.size);
  call.already_there = [&] { return exists(key); };
  return outcome(call, client_.call(call), &source);
}

// What was sent of an object in parts is not there before it is completed; left-overs of a kill are the bucket's
// lifecycle rules' business.
S3Upload::Outcome S3Upload::put_parts(const std::string& key, const Source& source) {
  const std::string upload = begin_parts(key);
  try {
    std::string list = "<CompleteMultipartUpload>";
    const std::size_t count = (source.size + part_size_ - 1) / part_size_;
    if (count > k_most_parts)
      throw outside_error("\"" + printable(key) + "\" would have more than 10,000 parts", "raise s3.part_size");
    std::vector<std::string> tags(count);
    transfer_all(count, k_parts_at_once, {}, [&](std::size_t i) { tags[i] = send_part(key, upload, i + 1, source); });
    for (std::size_t i = 0; i < count; ++i)
      list += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + tags[i] + "</ETag></Part>";
    const Outcome done = complete(key, upload, list + "</CompleteMultipartUpload>");
    if (done == Outcome::made) return done;
    (void)client_.call({"DELETE", key, {{"uploadId", upload}}});
    return done;
  } catch (...) {
    try {
      (void)client_.call({"DELETE", key, {{"uploadId", upload}}});
    } catch (const Error&) {  // the first error is the one to tell
    }
    throw;
  }
}

std::string S3Upload::begin_parts(const std::string& key) const {
  const S3Answer answer = client_.call({"POST", key, {{"uploads", ""}}});
  if (!answer.good()) throw client_.failure(answer, "write " + printable(key));
  std::string upload = parse_s3_upload_id(answer.http.body);
  if (upload.empty())
    throw outside_error("bucket \"" + client_.bucket() + "\": an upload in parts has no id", "is it an S3 server?");
  return upload;
}

std::string S3Upload::send_part(const std::string& key, const std::string& upload, std::size_t number,
                                const Source& source) const {
  S3Call call{"PUT", key, {{"partNumber", std::to_string(number)}, {"uploadId", upload}}};
  const std::uint64_t offset = (number - 1) * part_size_;
  source.put_into(call, offset, std::min<std::uint64_t>(part_size_, source.size - offset));
  const S3Answer answer = client_.call(call);
  if (!answer.good()) throw client_.failure(answer, "write " + printable(key));
  std::string tag;
  for (const char c : answer.http.header("etag"))
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_') tag += c;
  return "&quot;" + tag + "&quot;";
}

S3Upload::Outcome S3Upload::complete(const std::string& key, const std::string& upload, const std::string& list) {
  S3Call call{"POST", key, {{"uploadId", upload}}, only_if_new()};
  call.body = list;
  S3Answer answer = client_.call(call);
  if (give_up_condition(call, answer)) {
    call.headers.clear();
    answer = client_.call(call);
  }
  // A long completion begins its answer with 200 before it knows the end.
  if (answer.good())
    if (const S3Problem problem = parse_s3_error(answer.http.body); !problem.code.empty()) {
      answer.code = problem.code;
      answer.http.status = problem.code == "PreconditionFailed"           ? 412
                           : problem.code == "ConditionalRequestConflict" ? 409
                                                                          : 500;
    }
  // Tried again after a lost answer, the upload is gone because it was completed.
  if (answer.code == "NoSuchUpload" && answer.tries > 1 && exists(key)) return Outcome::made;
  return outcome(call, answer, nullptr);
}

}  // namespace mlops::store
