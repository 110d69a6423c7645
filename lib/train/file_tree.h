// A tree of files that come from many places: what a run's code was, where no directory holds just that.
#pragma once

#include <map>
#include <string>

#include "store/store.h"
#include "store/tree.h"

namespace mlops::train {

// Paths with `/`, relative, normal. Puts the tree and its sub-trees.
store::ObjectRef put_file_tree(store::Writer& writer, const std::map<std::string, store::TreeEntry>& files);

}  // namespace mlops::train
