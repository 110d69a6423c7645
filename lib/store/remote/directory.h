// A remote in a directory: a mounted disk, a network file system.
#pragma once

#include "store/remote/remote.h"

namespace mlops::store {

std::unique_ptr<Remote> open_directory_remote(const std::string& url);
std::string check_directory_url(const std::string& url);

}  // namespace mlops::store
