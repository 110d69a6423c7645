// s3://BUCKET/PREFIX: Amazon S3 and the many servers that speak like it.
#pragma once

#include "store/remote/remote.h"

namespace mlops::store {

std::unique_ptr<Remote> open_s3_remote(const std::string& url, const std::stop_token& stop);
std::string check_s3_url(const std::string& url);

}  // namespace mlops::store
