#include "code/module-git/unfetched.h"

#include "base/text.h"
#include "code/module-git/git_pointers.h"

namespace mlops::code {
namespace {

int found(const git_config_entry*, void* any) {
  *static_cast<bool*>(any) = true;
  return 0;
}

}  // namespace

bool is_partial(git_repository* repository) {
  git_config* raw = nullptr;
  check(git_repository_config(&raw, repository), "the configuration can't be read");
  const ConfigPtr config(raw);
  bool any = false;
  for (const char* key : {"^extensions\\.partialclone$", "^remote\\..*\\.promisor$"})
    check(git_config_foreach_match(raw, key, found, &any), "the configuration can't be read");
  return any;
}

void refuse_unfetched(git_repository* repository, int code, const std::string& what) {
  if (code != GIT_ENOTFOUND || !is_partial(repository)) return;
  throw state_error(printable(what) + " was not fetched yet: this is a partial clone of git's",
                    "git log --all -p -m -- '*.mlops' '*mlops.lock' >/dev/null   fetches what is missing");
}

}  // namespace mlops::code
