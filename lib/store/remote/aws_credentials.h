// Keys for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN); else those of the profile; else
// those that the machine's own metadata service hands out, which is asked only where the user turned that on
// (MLOPS_S3_INSTANCE_METADATA=1 or `s3: {instance_metadata: true}` in the user's own configuration).
#pragma once

#include <mutex>

#include "store/remote/aws_profile.h"
#include "store/remote/sigv4.h"

namespace mlops::store {

// Thread-safe.
class AwsCredentials {
 public:
  // Throws Error(state) where there are no keys.
  explicit AwsCredentials(const AwsProfile& profile);

  // Those of the metadata service are renewed before they end. Throws Error(outside) where it does not answer.
  AwsKeys keys();
  // Where they are from, for hints: "AWS_SECRET_ACCESS_KEY", "the profile \"default\"", "the instance's metadata".
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  std::mutex mutex_;
  AwsKeys keys_;
  std::string source_;
  Micros until_ = 0;  // of keys from the metadata service; 0 = they don't end
};

}  // namespace mlops::store
