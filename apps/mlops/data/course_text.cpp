#include "data/course_text.h"

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"

namespace mlops {
namespace {

using data::Course;

std::vector<std::string> paths_of(const std::vector<Differing>& all, Course course, bool with_missing) {
  std::vector<std::string> out;
  for (const auto& one : all)
    if (one.course == course && (with_missing || !one.missing)) out.push_back(one.path);
  return out;
}

std::string next_of_ours(const std::vector<Differing>& all) {
  const auto differing = paths_of(all, Course::ours, true), changed = paths_of(all, Course::ours, false);
  if (changed.empty()) return "mlops data checkout " + shell_paths(differing) + "    brings back what is missing";
  return "mlops data add " + shell_paths(changed) + "    keeps the new version · mlops data checkout " +
         shell_paths(differing) + "    goes back";
}

}  // namespace

std::string course_text(const data::Position& position, const store::ObjectRef& pointer) {
  const std::string base = position.base.brief(), now = pointer.id.brief();
  if (position.course == Course::behind) return "is still " + base + "; its pointer went on to " + now;
  if (position.course == Course::apart) return "was changed here since " + base + ", and its pointer went on to " + now;
  return "lacks or changes files of " + now + ", and what it comes from is not known";
}

void put_course(Json& json, const data::Position& position) {
  json["behind"] = position.course == Course::behind;
  json["apart"] = position.course == Course::apart;
  const bool known = position.course == Course::behind || position.course == Course::apart;
  json["base"] = known ? Json(position.base.hex()) : Json();
}

std::vector<std::string> next_steps(const std::vector<Differing>& all) {
  std::vector<std::string> out;
  if (const auto behind = paths_of(all, Course::behind, true); !behind.empty())
    out.push_back(
        "mlops data checkout " + shell_paths(behind) + "    brings " +
        (behind.size() == 1 ? "the version that its pointer names" : "the versions that their pointers name"));
  for (const Course course : {Course::apart, Course::unknown})
    if (const auto paths = paths_of(all, course, true); !paths.empty())
      out.push_back("mlops data diff " + shell_paths(paths) + "    shows · mlops data checkout " + shell_paths(paths) +
                    "    brings what came, and names what is to be added first");
  if (!paths_of(all, Course::ours, true).empty()) out.push_back(next_of_ours(all));
  return out;
}

void refuse_course(const std::string& path, const store::ObjectRef& pointer, const data::Position& position) {
  if (position.ours()) return;
  const std::string forced = " · --force   makes what is here the next version", name = shell_path(path);
  const std::string hint = position.course == Course::apart
                               ? "mlops data diff " + name + "   shows" + forced + " without what came"
                               : "mlops data checkout " + name + "   brings " + pointer.id.brief() + forced;
  throw state_error(printable(path) + " " + course_text(position, pointer), hint);
}

}  // namespace mlops
