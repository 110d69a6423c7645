#include "data/author.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include "base/config.h"
#include "base/text.h"

namespace mlops::data {

std::string author(const Repository& repository) {
  if (const auto name = repository.config().text("user.name")) return to_utf8(*name);
  const passwd* user = ::getpwuid(::geteuid());
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return to_utf8(std::string(user != nullptr ? user->pw_name : "unknown") + "@" + host.data());
}

}  // namespace mlops::data
