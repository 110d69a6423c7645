#include "data/foreign/adopt.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file_at.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/places.h"
#include "store/tree.h"

namespace mlops::data {
namespace {

// A directory while its files come in.
struct Folder {
  std::map<std::string, Folder> folders;
  store::Tree files;
};

Folder& folder_of(Folder& top, const std::string& directory) {
  Folder* at = &top;
  if (directory.empty()) return *at;
  for (const auto& name : split(directory, '/')) at = &at->folders[name];
  return *at;
}

ObjectRef put_folder(store::Writer& writer, Folder& folder) {
  ObjectRef object{store::Kind::tree, {}, 0, 0};
  for (auto& [name, below] : folder.folders) {
    const ObjectRef one = put_folder(writer, below);
    folder.files.push_back({name, store::Mode::directory, one.id, one.size, one.files});
  }
  for (const auto& entry : folder.files) {
    object.size += entry.size;
    object.files += entry.files;
  }
  object.id = writer.put_tree(store::encode_tree(std::move(folder.files)));
  return object;
}

ObjectRef put(store::Writer& writer, const ForeignFile& file) {
  const Fd fd = open_file(file.source, O_RDONLY | O_NONBLOCK);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    throw input_error("\"" + printable(file.source.string()) + "\" is no file");
  if (file.check) file.check(fd.get(), file.source);
  return writer.put_file(fd.get(), file.source);
}

bool same_bytes(int a, int b, const fs::path& name) {
  std::vector<std::byte> left(1 << 16), right(1 << 16);
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = read_at(a, left, offset, name);
    if (read_at(b, right, offset, name) != got || !std::equal(left.begin(), left.begin() + got, right.begin()))
      return false;
    if (got == 0) return true;
    offset += got;
  }
}

// DVC 3 lists no executable bits. The file that stands in the work tree with the same bytes may have one, which
// a checkout would take away.
bool stands_executable(const Beneath& root, const std::string& path, const ForeignFile& file) {
  const auto info = root.look(path);
  if (!info || !S_ISREG(info->st_mode) || (info->st_mode & S_IXUSR) == 0) return false;
  const auto [directory, name] = split_path(path);
  const Fd here = open_file_at(root.open_directory(directory).get(), name, path);
  return same_bytes(here.get(), open_file(file.source, O_RDONLY | O_NONBLOCK).get(), file.source);
}

void find_executables(const Beneath& root, ForeignVersion& version) {
  for (auto& file : version.files) try {
      if (file.path.empty()) continue;  // one file alone has no mode
      file.executable = file.executable || stands_executable(root, join_path(version.path, file.path), file);
    } catch (const Error&) {  // a link or something else stands there
    }
}

ObjectRef put(store::Writer& writer, const ForeignVersion& version, Progress* progress, const std::stop_token& stop) {
  if (version.files.size() == 1 && version.files[0].path.empty()) return put(writer, version.files[0]);
  Folder top;
  for (const auto& file : version.files) {
    if (stop.stop_requested()) throw state_error("interrupted; nothing was adopted");
    const auto [directory, name] = split_path(file.path);
    const ObjectRef object = put(writer, file);
    folder_of(top, directory)
        .files.push_back(
            {name, file.executable ? store::Mode::executable : store::Mode::file, object.id, object.size, 1});
    if (progress != nullptr) progress->advance(1);
  }
  return put_folder(writer, top);
}

void hold_against_label(const ForeignVersion& version, const ObjectRef& object) {
  if (version.size && *version.size != object.size)
    throw state_error(version.named_in + " says that \"" + printable(version.path) + "\" has " +
                          std::to_string(*version.size) + " bytes, its files have " + std::to_string(object.size),
                      "the cache is damaged, or a file of it was never fetched whole");
  if (version.count && *version.count != object.files)
    throw state_error(version.named_in + " says that \"" + printable(version.path) + "\" has " +
                      std::to_string(*version.count) + " files, there are " + std::to_string(object.files));
  if (version.label.starts_with("oid ") && version.label.substr(4) != object.id.hex())
    throw state_error("the git-lfs object " + version.label.substr(4, 12) + " holds other bytes than its name says",
                      "git lfs fsck");
}

// Which of the two is newer, neither says.
void refuse_other(const ForeignVersion& version, const Pointer& pointer) {
  throw state_error(
      "\"" + printable(version.path) + "\" is versioned already, as " + pointer.object.id.brief() +
          ", which is not what " + printable(version.named_in) + " names; nothing was adopted",
      "leave it out, or --force takes that version: mlops log " + shell_path(version.path) + " shows yours");
}

}  // namespace

std::vector<Adopted> adopt(Repository& repository, std::vector<ForeignVersion> versions, const AdoptOptions& options) {
  std::size_t files = 0;
  const Beneath root(repository.root());
  Places places(repository);
  for (const auto& version : versions) {
    places.claim(version.path, "leave out " + shell_path(version.named_in));
    files += version.files.size();
  }
  if (options.progress != nullptr) options.progress->start("reading files", files);
  const auto held = repository.store().hold();
  const auto writer = repository.store().writer();
  std::vector<Adopted> out;
  std::vector<std::optional<Pointer>> before;
  std::vector<std::string> paths;
  for (auto& version : versions) {
    find_executables(root, version);
    const ObjectRef object = put(*writer, version, options.progress, options.stop);
    hold_against_label(version, object);
    const auto pointer = read_pointer(repository, version.path);
    const bool changed = !pointer || !(pointer->object == object);
    if (pointer && changed && !options.force) refuse_other(version, *pointer);
    out.push_back({std::move(version), object, changed});
    before.push_back(pointer);
    paths.push_back(out.back().from.path);
  }
  writer->commit();
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i].changed) write_pointer(repository, paths[i], out[i].object, before[i]);
  ignore_in_git(repository, paths);
  return out;
}

}  // namespace mlops::data
