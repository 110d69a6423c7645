#include "ci/revision.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/parameters.h"

namespace mlops::ci {
namespace {

constexpr std::size_t k_limit = 16 << 20;

}  // namespace

Revision::Revision(code::Git& git, const data::Repository& repository, code::Commit commit, std::string name)
    : git_(git), commit_(std::move(commit)), name_(std::move(name)), prefix_(git.prefix_of(repository.root())) {}

std::string Revision::label() const {
  const std::string brief = commit_.id.substr(0, 7);
  return name_ == commit_.id ? brief : printable(name_) + " " + brief;
}

std::optional<std::string> Revision::read(const std::string& path) const {
  auto bytes = git_.read(commit_.id, in_git(path));
  if (bytes && bytes->size() > k_limit)
    throw input_error(fmt::format("{}:{} has more than 16 MiB", printable(name_), printable(path)));
  return bytes;
}

std::optional<std::string> Revision::below_root(const std::string& git_path) const {
  return git_path.starts_with(prefix_) ? std::optional(git_path.substr(prefix_.size())) : std::nullopt;
}

std::set<std::string> Revision::paths() const {
  std::set<std::string> out;
  const auto take = [&](std::string_view path) {
    if (const auto below = below_root(std::string(path))) out.insert(*below);
    return false;  // its bytes are not wanted
  };
  git_.for_each_file(commit_.id, take, [](const std::string&, const std::string&) {});
  return out;
}

std::optional<pipeline::Definition> Revision::definition() const {
  const auto text = read("mlops.yaml");
  if (!text) return std::nullopt;
  const std::string file = name_ == "HEAD" ? "mlops.yaml" : printable(name_) + ":mlops.yaml";
  const auto params = read("params.yaml");
  return pipeline::parse_definition(*text, file, params ? pipeline::parse_parameters(*params, "params.yaml") : Json());
}

std::unique_ptr<code::Git> need_git(const data::Repository& repository) {
  auto git = code::Git::discover(repository.root());
  if (!git)
    throw state_error("this is no git repository, and the gate reads its rules from a commit",
                      "git init, git add, git commit");
  return git;
}

Revision head_of(code::Git& git, const data::Repository& repository) {
  auto commit = git.head();
  if (!commit) throw state_error("there is no commit yet, and the gate judges a commit", "git add, git commit");
  return {git, repository, *std::move(commit), "HEAD"};
}

}  // namespace mlops::ci
