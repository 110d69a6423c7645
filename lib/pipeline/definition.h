// mlops.yaml: stages with commands, dependencies, parameters and outputs, as share/doc/pipeline-files.md defines them
// (the schema of dvc.yaml, https://dvc.org/doc/user-guide/project-structure/dvcyaml-files).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"

namespace mlops::pipeline {

// Where something stands in the file, for messages.
struct Place {
  int line = 0, column = 0;
};

struct Dependency {
  std::string path;  // relative to the repository's root
  Place place;
};

struct ParameterUse {
  std::string file;               // relative to the repository's root
  std::vector<std::string> keys;  // dotted; empty = the whole file
  Place place;
};

struct Output {
  std::string path;      // relative to the repository's root
  bool cache = true;     // bytes go into the store, the path into .gitignore
  bool persist = false;  // not removed before the command runs
  bool metric = false;
  Place place;
};

struct Stage {
  std::string name;
  std::string wdir;  // relative to the root, "" = the root itself
  std::vector<std::string> commands;
  std::vector<Dependency> deps;
  std::vector<ParameterUse> params;
  std::vector<Output> outs;  // metrics and plots too
  bool frozen = false, always_changed = false;
  std::string desc;
  Place place;
};

// What a gate asks of a candidate's metrics (register promote).
struct Gate {
  std::string metric;
  enum class Kind { at_least, at_most, beats_champion } kind = Kind::at_least;
  double limit = 0;  // for beats_champion: by at least this much
  bool higher_is_better = true;
  Place place;
};

struct Definition {
  std::string file = "mlops.yaml";
  std::string text;
  std::string experiment;  // "" = the folder's name
  std::vector<Stage> stages;
  std::vector<Gate> gates;
};

// `params` resolves ${…}: the values of params.yaml beside the file. Throws Error(input) with file, line and the line
// itself.
Definition parse_definition(const std::string& text, const std::string& file, const Json& params);

// An error at a place of the definition's file.
Error definition_error(const Definition& definition, const Place& place, std::string message, std::string hint = {});

// Stages in an order in which each follows those it depends on; among the free ones the file's order. Throws
// Error(input) on a cycle and on outputs that meet.
std::vector<const Stage*> order(const Definition& definition);
// The given stages and all that they depend on, in that order; no names = all. Throws Error(input) with the nearest
// name.
std::vector<const Stage*> select(const Definition& definition, const std::vector<std::string>& names);
// Stages whose outputs `stage` depends on.
std::vector<const Stage*> upstream(const Definition& definition, const Stage& stage);
// a is b, lies inside it, or holds it.
bool overlaps(std::string_view a, std::string_view b);

}  // namespace mlops::pipeline
