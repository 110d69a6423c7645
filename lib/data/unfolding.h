// What a version may unfold to. Trees name other trees, so a few kilobytes of them can stand for more files or directories than
// there are atoms; whoever walks through every path enters each directory here first.
#pragma once

#include <cstdint>
#include <string>

#include "store/tree.h"

namespace mlops::data {

class Unfolding {
 public:
  // `files` as the version's entry or pointer says. Throws Error(state) where no plan for so many fits into this machine.
  explicit Unfolding(std::uint64_t files);
  // Throws Error(state), naming the path, where the tree has more files below it than the entry that leads to it says, where
  // it lies deeper than 512 directories, or where there are far more directories than files.
  void enter(const std::string& path, const store::TreeEntry& directory, const store::Tree& tree);

 private:
  std::uint64_t most_directories_, directories_ = 0;
};

}  // namespace mlops::data
