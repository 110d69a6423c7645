#include "data/history.h"

#include <algorithm>

#include "code/git.h"
#include "data/foreign/dated.h"
#include "data/stand_in.h"

namespace mlops::data {

std::vector<PastVersion> history_of(const Repository& repository, const std::string& path) {
  const auto git = code::Git::discover(repository.root());
  if (!git) return {};
  const std::string pointer = git->prefix_of(repository.root()) + path + ".mlops";
  std::vector<PastVersion> out;
  for (const auto& one : git->history(pointer, dated_line(path))) {
    PastVersion version{one.commit.id, one.commit.author, one.commit.subject, one.authored * 1'000'000, {}};
    if (one.bytes)
      version.object = committed_pointer(repository, *one.bytes, one.commit.id.substr(0, 12) + ":" + pointer).object;
    out.push_back(std::move(version));
  }
  return out;
}

}  // namespace mlops::data
