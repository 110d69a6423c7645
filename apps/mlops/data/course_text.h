// How the commands say where files and pointers stand to each other (data/course.h), and what to type then.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "data/course.h"

namespace mlops {

// "is still 83f2c09a41de; its pointer went on to 1b77a0e3c5f0"; of what is not ours.
std::string course_text(const data::Position& position, const store::ObjectRef& pointer);
// Adds `behind`, `apart` and `base` (null where it is not known).
void put_course(Json& json, const data::Position& position);

// A versioned path that differs from its pointer.
struct Differing {
  std::string path;
  bool missing = false;
  data::Course course = data::Course::ours;
};
// What to type next, a line for each kind of them.
std::vector<std::string> next_steps(const std::vector<Differing>& all);

// Throws Error(state) for what would take back in a new version what git brought.
void refuse_course(const std::string& path, const store::ObjectRef& pointer, const data::Position& position);

}  // namespace mlops
