#include "web/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/hash.h"

namespace mlops::web {
namespace {

Fd unnamed_file(const std::string& directory) {
  Fd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  const fs::path named = fs::path(directory) / ("body-" + random_hex(16));
  file = open_file(named, O_RDWR | O_CREAT | O_EXCL, 0600);
  ::unlink(named.c_str());
  return file;
}

}  // namespace

void IncomingBody::append(std::string_view piece) {
  if (file == nullptr && (spool.empty() || text.size() + piece.size() <= k_threshold)) {
    text += piece;
    return;
  }
  if (file == nullptr) {
    file = std::make_shared<SpooledBody>();
    file->file = unnamed_file(spool);
    write_all(file->file.get(), text, spool);
    file->size = text.size();
    text = {};
  }
  write_all(file->file.get(), piece, spool);
  file->size += piece.size();
}

}  // namespace mlops::web
