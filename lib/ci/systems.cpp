#include "ci/systems.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ci/target.h"
#include "exchange/remotes.h"
#include "problem/charter.h"

namespace mlops::ci {
namespace {

std::string plain(const std::string& text, const std::string& what, std::string_view signs) {
  const auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           signs.find(c) != std::string_view::npos;
  };
  if (text.empty() || text.front() == '-' || !std::all_of(text.begin(), text.end(), good))
    throw input_error(fmt::format("{} \"{}\" can't stand in a pipeline", what, printable(text)),
                      fmt::format("letters, digits and {}", signs));
  return text;
}

std::string default_branch(const data::Repository& repository) {
  const auto git = code::Git::discover(repository.root());
  if (!git) return "main";
  try {
    // refs/remotes/origin/HEAD is called origin/HEAD here: the branch behind it is main unless it is master.
    const Revision target = find_target(*git, repository, {}, "");
    std::string name = target.name();
    if (name.starts_with("origin/")) name = name.substr(7);
    if (name != "HEAD") return name;
    return git->commit("refs/remotes/origin/main") || !git->commit("refs/remotes/origin/master") ? "main" : "master";
  } catch (const Error&) {
    return "main";
  }
}

// The pipelines run where git's clone begins.
void check_root(const data::Repository& repository) {
  const auto git = code::Git::discover(repository.root());
  if (!git || git->work_tree() == repository.root()) return;
  const std::string folder = printable(repository.root().lexically_relative(git->work_tree()).string());
  throw state_error(
      fmt::format("this repository stands in \"{}\" of git's, and the pipelines are for git's root", folder),
      fmt::format("write one by hand with mlops --repo {} for mlops, from the file of a project at the root", folder));
}

}  // namespace

Settings settings_of(const data::Repository& repository, const std::string& branch) {
  check_root(repository);
  const auto charter = problem::find_charter(repository);
  if (!charter)
    throw state_error("there is no problem.yaml, which says what a model has to reach",
                      "mlops problem init writes one to fill in");
  const auto remote = exchange::find_remote(repository, "");
  Settings out;
  out.model = plain(charter->name, "the model's name", "-_.");
  out.alias = plain(charter->alias, "the alias", "-_.");
  out.branch = plain(branch.empty() ? default_branch(repository) : branch, "the branch", "-_./");
  out.remote = plain(remote.name, "the remote", "-_.");
  out.url = plain(remote.url, "the remote's address", "-_./:@+=%?&,~");
  return out;
}

const std::vector<System>& systems() {
  static const std::vector<System> k_table{
      {"github", ".github/workflows/mlops.yml", "commit it; protect the branch and the environment mlops-production",
       github_workflow},
      {"gitlab", ".gitlab-ci.yml", "commit it; protect the branch, and its variables", gitlab_pipeline},
      {"jenkins", "Jenkinsfile", "commit it; make a multibranch pipeline of it", jenkinsfile},
      {"hook", "", "put it into the bare repository as hooks/update", git_hook},
  };
  return k_table;
}

const System& system_called(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& system : systems()) {
    if (system.name == name) return system;
    names.emplace_back(system.name);
  }
  const std::string near = nearest(name, names);
  throw usage_error(fmt::format("no CI system is called \"{}\"", printable(name)),
                    near.empty() ? "one of: " + join(names, ", ") : "did you mean \"" + near + "\"?");
}

std::string fill(std::string_view pattern, const Settings& settings) {
  const std::pair<std::string_view, const std::string&> names[] = {{"@MODEL@", settings.model},
                                                                   {"@ALIAS@", settings.alias},
                                                                   {"@BRANCH@", settings.branch},
                                                                   {"@REMOTE@", settings.remote},
                                                                   {"@URL@", settings.url}};
  std::string out;
  while (!pattern.empty()) {
    const auto* found = std::find_if(std::begin(names), std::end(names),
                                     [&](const auto& name) { return pattern.starts_with(name.first); });
    if (found == std::end(names)) {
      out += pattern.front();
      pattern.remove_prefix(1);
    } else {
      out += found->second;
      pattern.remove_prefix(found->first.size());
    }
  }
  return out;
}

}  // namespace mlops::ci
