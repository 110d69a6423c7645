// Writing one object once.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/file.h"
#include "store/remote/s3_client.h"

namespace mlops::store {

// Thread-safe. Where a server knows no conditional writes (it answers 501 to If-None-Match), two that write one name at
// the same moment both succeed and the later one stays; names of packs tell their content, and no two clones share a
// journal's name.
class S3Upload {
 public:
  // Objects larger than `part_size` go in parts of that size, at least 5 MiB.
  S3Upload(const S3Client& client, std::uint64_t part_size) : client_(client), part_size_(part_size) {}

  // False where there is an object of that key: it stays. (True where it holds these same bytes from memory and came
  // into being meanwhile: an answer to ourselves may have been lost.)
  bool write(const std::string& key, std::string_view bytes);
  bool write(const std::string& key, const fs::path& file);

 private:
  enum class Outcome { made, there, again };
  struct Source;
  bool write(const std::string& key, const Source& source);
  [[nodiscard]] bool exists(const std::string& key) const;
  [[nodiscard]] bool same(const std::string& key, std::string_view bytes) const;
  Outcome put_whole(const std::string& key, const Source& source);
  Outcome put_parts(const std::string& key, const Source& source);
  [[nodiscard]] std::string begin_parts(const std::string& key) const;
  [[nodiscard]] std::string send_part(const std::string& key, const std::string& upload, std::size_t number,
                                      const Source& source) const;
  Outcome complete(const std::string& key, const std::string& upload, const std::string& list);
  [[nodiscard]] Pairs only_if_new() const;
  // The call's condition was not understood: it is left out from now on.
  bool give_up_condition(const S3Call& call, const S3Answer& answer);
  Outcome outcome(const S3Call& call, const S3Answer& answer, const Source* source);

  const S3Client& client_;
  std::uint64_t part_size_;
  std::atomic<bool> conditional_{true};
};

}  // namespace mlops::store
