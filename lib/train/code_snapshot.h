// Which code a run ran: git's commit and tree with uncommitted changes, or a tree of the files that the stages name.
#pragma once

#include "data/repository.h"
#include "pipeline/definition.h"

namespace mlops::train {

// In git: {"commit", "subject", "author", "snapshot", "git_tree", "changed": […], "skipped": […], "files": {"tree", …}}
// — `files` holds the files that differ from the commit, `skipped` names those larger than 10 MiB. Without git:
// {"tree": {"tree", …}}: pipeline files, parameters and those dependencies that are neither versioned nor made.
Json code_snapshot(data::Repository& repository, const pipeline::Definition& definition);

}  // namespace mlops::train
