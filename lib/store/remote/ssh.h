// A remote in a folder of another machine, through the system's ssh and SFTP: ssh://[USER@]HOST[:PORT]/FOLDER; /~/
// stands for the home folder there.
#pragma once

#include "store/remote/remote.h"

namespace mlops::store {

std::unique_ptr<Remote> open_ssh_remote(const std::string& url);
std::string check_ssh_url(const std::string& url);

}  // namespace mlops::store
