// Pointers of libgit2 that free what they point to, and its errors as ours.
#pragma once

#include <fmt/format.h>
#include <git2.h>

#include <array>
#include <memory>
#include <string>

#include "base/error.h"

namespace mlops::code {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* pointer) const { Free(pointer); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;
using RepositoryPtr = Owned<git_repository, git_repository_free>;
using ObjectPtr = Owned<git_object, git_object_free>;
using TreePtr = Owned<git_tree, git_tree_free>;
using BlobPtr = Owned<git_blob, git_blob_free>;
using CommitPtr = Owned<git_commit, git_commit_free>;
using IndexPtr = Owned<git_index, git_index_free>;
using DiffPtr = Owned<git_diff, git_diff_free>;
using StatusPtr = Owned<git_status_list, git_status_list_free>;
using WalkPtr = Owned<git_revwalk, git_revwalk_free>;
using SignaturePtr = Owned<git_signature, git_signature_free>;
using ReferencePtr = Owned<git_reference, git_reference_free>;
using ConfigPtr = Owned<git_config, git_config_free>;

inline std::string reason() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "unknown reason";
}

// What libgit2 does not read git can be asked to write otherwise.
inline const char* way_out(const std::string& reason) {
  const auto has = [&](const char* part) { return reason.find(part) != std::string::npos; };
  if (has("mandatory extension: 'link'"))
    return "git update-index --no-split-index   (and git config core.splitIndex false)";
  if (has("mandatory extension: 'sdir'")) return "git sparse-checkout reapply --no-sparse-index";
  if (has("object format") || has("objectformat"))
    return "mlops reads git repositories with SHA-1: git init --object-format=sha1";
  return "git fsck tells whether the repository is whole";
}

inline void check(int code, const char* what) {
  if (code >= 0) return;
  const std::string why = reason();
  const git_error* error = git_error_last();  // of the disk, and not that something is missing
  if (error != nullptr && error->klass == GIT_ERROR_OS && code != GIT_ENOTFOUND)
    throw outside_error(fmt::format("git: {}: {}", what, why));
  throw state_error(fmt::format("git: {}: {}", what, why), way_out(why));
}

inline std::string hex(const git_oid& oid) {
  std::array<char, GIT_OID_HEXSZ + 1> text{};
  git_oid_tostr(text.data(), text.size(), &oid);
  return text.data();
}

}  // namespace mlops::code
