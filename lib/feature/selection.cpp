#include "feature/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

template <typename Map>
std::string hint_for(const std::string& name, const Map& map) {
  std::vector<std::string> names;
  for (const auto& [key, value] : map) names.push_back(key);
  const std::string near = nearest(name, names);
  if (!near.empty()) return "did you mean \"" + near + "\"?";
  return map.empty() ? "mlops feature apply makes what features/*.yaml defines known"
                     : "mlops feature list shows what there is";
}

const AppliedView& view_of(const Registry& registry, const std::string& name) {
  const auto found = registry.views.find(name);
  if (found == registry.views.end())
    throw UnknownName(UnknownName::Kind::view, fmt::format("feature view \"{}\" does not exist", printable(name)),
                      hint_for(name, registry.views));
  return found->second;
}

std::size_t feature_of(const View& view, const std::string& name) {
  if (const auto found = view.find(name)) return *found;
  std::vector<std::string> names;
  for (const auto& feature : view.features) names.push_back(feature.name);
  const std::string near = nearest(name, names);
  throw input_error(fmt::format("view \"{}\" has no feature \"{}\"", view.name, printable(name)),
                    near.empty() ? "it has: " + join(names, ", ").substr(0, 200) : "did you mean \"" + near + "\"?");
}

Part& part_of(Selection& selection, const AppliedView& applied, const std::string& name) {
  for (auto& part : selection.parts)
    if (part.applied == &applied && part.name == name) return part;
  selection.parts.push_back({&applied, name, {}});
  return selection.parts.back();
}

void add_reference(Selection& out, const Registry& registry, const std::string& reference) {
  const auto colon = reference.find(':');
  if (colon == std::string::npos)
    throw input_error(fmt::format("the reference \"{}\" is not of the form \"view:feature\"", printable(reference)));
  const AppliedView& applied = view_of(registry, reference.substr(0, colon));
  Part& part = part_of(out, applied, applied.view.name);
  part.features.push_back(feature_of(applied.view, reference.substr(colon + 1)));
}

void add_all(Part& part) {
  const std::size_t before = part.features.size();
  part.features.resize(before + part.view().features.size());
  std::iota(part.features.begin() + static_cast<std::ptrdiff_t>(before), part.features.end(), std::size_t{0});
}

void add_service(Selection& out, const Registry& registry, const AppliedService& applied) {
  for (const auto& choice : applied.service.choices) {
    const AppliedView& view = view_of(registry, choice.view);
    Part& part = part_of(out, view, choice.alias.empty() ? choice.view : choice.alias);
    if (choice.features.empty()) add_all(part);
    for (const auto& feature : choice.features) part.features.push_back(feature_of(view.view, feature));
  }
}

}  // namespace

std::vector<std::string> Selection::names(bool full) const {
  std::vector<std::string> out;
  std::unordered_set<std::string> taken;
  for (const auto& part : parts)
    for (const auto feature : part.features) {
      const std::string& name = part.view().features[feature].name;
      out.push_back(full ? part.name + "__" + name : name);
      if (!taken.insert(out.back()).second)
        throw NameCollision(fmt::format("two features would be called \"{}\"", out.back()),
                            full ? "name each feature once" : "ask for full feature names, or name each feature once");
    }
  return out;
}

Selection select_references(const Registry& registry, const std::vector<std::string>& references) {
  Selection out;
  for (const auto& reference : references) add_reference(out, registry, reference);
  return out;
}

Selection select_service(const Registry& registry, const std::string& name) {
  const auto found = registry.services.find(name);
  if (found == registry.services.end())
    throw UnknownName(UnknownName::Kind::service, fmt::format("feature service \"{}\" does not exist", printable(name)),
                      hint_for(name, registry.services));
  Selection out;
  add_service(out, registry, found->second);
  return out;
}

Selection select_words(const Registry& registry, const std::vector<std::string>& words) {
  Selection out;
  for (const auto& word : words) {
    if (word.find(':') != std::string::npos) {
      add_reference(out, registry, word);
    } else if (const auto service = registry.services.find(word); service != registry.services.end()) {
      add_service(out, registry, service->second);
    } else if (const auto view = registry.views.find(word); view != registry.views.end()) {
      add_all(part_of(out, view->second, word));
    } else {
      std::vector<std::string> all;
      for (const auto& [name, value] : registry.views) all.push_back(name);
      for (const auto& [name, value] : registry.services) all.push_back(name);
      const std::string near = nearest(word, all);
      throw input_error(fmt::format("there is no view or service \"{}\"", word),
                        !near.empty() ? "did you mean \"" + near + "\"?" : hint_for(word, registry.views));
    }
  }
  return out;
}

}  // namespace mlops::feature
