// http(s)://HOST/FOLDER: what was pushed to a directory, a machine or a bucket, shown by any server of files. Read
// only.
#pragma once

#include "store/remote/remote.h"

namespace mlops::store {

std::unique_ptr<Remote> open_http_remote(const std::string& url, const std::stop_token& stop);
std::string check_http_url(const std::string& url);

}  // namespace mlops::store
