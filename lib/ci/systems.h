// Pipelines for CI systems, written out once and then the project's own. Each system is one file in systems/ and one
// line in the table of systems.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/repository.h"

namespace mlops::ci {

// What differs between projects. All of it is plain: letters, digits and a few signs that no shell, YAML or Groovy
// reads as anything else.
struct Settings {
  std::string model, alias;  // of problem.yaml
  std::string branch;        // the protected one
  std::string remote, url;   // the protected remote: pull requests read it, only the protected branch's job writes it
};
// `branch` "" = the remote's default branch, else main or master, else main. Throws Error(state) below git's root,
// without a charter or a remote, Error(input) for a name or URL that is not plain.
Settings settings_of(const data::Repository& repository, const std::string& branch);

struct System {
  std::string_view name;  // "github"
  std::string_view file;  // where it is expected, relative to git's root; "" = on standard output (a hook)
  std::string_view next;  // what is left to do, for people
  std::string (*text)(const Settings&);
};
const std::vector<System>& systems();
// Throws Error(usage) with the nearest name.
const System& system_called(const std::string& name);

// `@MODEL@`, `@ALIAS@`, `@BRANCH@`, `@REMOTE@`, `@URL@` replaced.
std::string fill(std::string_view pattern, const Settings& settings);

// The texts (systems/).
std::string github_workflow(const Settings& settings);
std::string gitlab_pipeline(const Settings& settings);
std::string jenkinsfile(const Settings& settings);
std::string git_hook(const Settings& settings);

}  // namespace mlops::ci
