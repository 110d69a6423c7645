#include "store/remote/remote.h"

#include "base/error.h"
#include "base/text.h"
#include "store/remote/directory.h"
#include "store/remote/http.h"
#include "store/remote/s3.h"
#include "store/remote/ssh.h"

namespace mlops::store {
namespace {

struct RemoteKind {
  std::string_view scheme;
  std::unique_ptr<Remote> (*open)(const std::string& url, const std::stop_token& stop);
  std::string (*check)(const std::string& url);
};

// The kinds of remotes. A new one: its pair of files and a line here; the shared tests run on it.
constexpr RemoteKind k_kinds[] = {
    {"file://", [](const std::string& url, const std::stop_token&) { return open_directory_remote(url); },
     check_directory_url},
    {"ssh://", [](const std::string& url, const std::stop_token&) { return open_ssh_remote(url); }, check_ssh_url},
    {"s3://", open_s3_remote, check_s3_url},
    {"https://", open_http_remote, check_http_url},
    {"http://", open_http_remote, check_http_url},
};

void refuse_password(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return;
  const std::string authority = url.substr(scheme + 3, url.find('/', scheme + 3) - scheme - 3);
  const auto at = authority.rfind('@');
  if (at != std::string::npos && authority.substr(0, at).find(':') != std::string::npos)
    throw usage_error("a URL with a password in it is refused: it would end in files and process lists",
                      "leave the password out; credentials come from the environment or the tools' own files");
}

const RemoteKind& kind_of(const std::string& url) {
  refuse_password(url);
  for (const auto& kind : k_kinds)
    if (url.starts_with(kind.scheme)) return kind;
  if (url.find("://") == std::string::npos) return k_kinds[0];
  throw usage_error("there are no remotes of the kind \"" + printable(url.substr(0, url.find("://") + 3)) + "\"",
                    "a directory (/mnt/team/store, file:///mnt/team/store), ssh://host/folder, s3://bucket/prefix or, "
                    "to pull only, https://host/folder");
}

}  // namespace

Gone::Gone(const std::string& url, const std::string& name)
    : Error(ErrorKind::state, printable(url) + " has no " + name + " any more") {}

std::unique_ptr<Remote> open_remote(const std::string& url, std::stop_token stop) {
  return kind_of(url).open(url, stop);
}
std::string check_remote_url(const std::string& url) { return kind_of(url).check(url); }

}  // namespace mlops::store
