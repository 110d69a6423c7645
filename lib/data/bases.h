// What the files of each versioned path in this work tree come from: the version that their pointer named when they
// were last made to agree with it, or when somebody chose other files knowingly. Against it a change that was made here
// (the files moved) is told from one that git brought (the pointer moved). Only a memory, in one file beside the stat
// cache: where it is lost, or a path is not in it, nobody knows, and nothing breaks. Writers take turns under the work
// tree's lock; none fails because nothing can be written.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "data/worktree.h"

namespace mlops::data {

class Bases {
 public:
  // A damaged file counts as empty.
  static Bases load(const fs::path& file);
  void save(const fs::path& file) const;

  // See below, of these names.
  [[nodiscard]] std::optional<ObjectRef> find(const std::string& tracked, const std::string& path) const;
  [[nodiscard]] bool level(const std::string& tracked, const std::string& path, const ObjectRef& pointer) const;
  void set(const std::string& tracked, const std::string& path, const ObjectRef& version);
  void advance(const std::string& tracked, const std::string& path, const ObjectRef& before, const ObjectRef& after);
  void move(const std::string& from, const std::string& to);
  void drop(const std::string& path);
  bool operator==(const Bases&) const = default;

 private:
  struct Base {
    store::Kind kind;
    Id id;
    bool operator==(const Base&) const = default;
  };
  std::map<std::string, Base> bases_;
};

// Of `path` in the versioned path `tracked`, or that path itself: its own, or that of the nearest directory above it.
// Of kind and id alone.
std::optional<ObjectRef> find_base(const Repository& repository, const std::string& tracked, const std::string& path);
// Whether that is the version that the pointer names now.
bool level(const Repository& repository, const std::string& tracked, const std::string& path, const ObjectRef& pointer);

// `version` is the one that the pointer of `tracked` names. All of `path` agrees with it, what is below it too.
void set_base(const Repository& repository, const std::string& tracked, const std::string& path,
              const ObjectRef& version);
// The pointer went from one version to the next by a change of `path` that was made here: what was level with it stays
// so.
void advance_base(const Repository& repository, const std::string& tracked, const std::string& path,
                  const ObjectRef& before, const ObjectRef& after);
void move_base(const Repository& repository, const std::string& from, const std::string& to);
void drop_base(const Repository& repository, const std::string& path);

}  // namespace mlops::data
