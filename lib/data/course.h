// How the files at a versioned path and its pointer stand to each other: whether what differs was changed here, or git
// brought another version whose files are not here yet, so that a new version of what is here would take it back.
#pragma once

#include <functional>
#include <string>

#include "data/bases.h"
#include "data/standing.h"

namespace mlops::data {

enum class Course {
  ours,     // what differs was changed here, or nothing differs
  behind,   // the files are an earlier version, and the pointer went on
  apart,    // both went on
  unknown,  // what the files come from is not known, and the next version would leave out or change some of the
            // pointer's
};

struct Position {
  Course course = Course::ours;
  Id base;  // of what is behind or apart: the version that it comes from, or the part of it at the path
  [[nodiscard]] bool ours() const { return course == Course::ours; }
};

// `here` stands at the versioned path `path` whose pointer names `pointer`. `loses`: whether a version of it leaves out
// or changes files of the pointer's; asked only where nothing is known of the path. Where both agree, that is
// remembered.
Position position(Repository& repository, const std::string& path, const ObjectRef& pointer, const ObjectRef& here,
                  const std::function<bool()>& loses);
// `standing` against that pointer.
Position position(Repository& repository, const std::string& path, const ObjectRef& pointer, const Standing& standing);
// The same of a path in the versioned directory `tracked`, with the part of the version at it.
Position position_inside(Repository& repository, const std::string& tracked, const std::string& path,
                         const ObjectRef& pointer, const ObjectRef& here, const std::function<bool()>& loses);

}  // namespace mlops::data
