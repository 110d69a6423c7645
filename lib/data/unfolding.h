// What a version may unfold to. Trees name other trees, so a few kilobytes of them can stand for more files or
// directories than there are atoms; whoever walks through every path counts here.
#pragma once

#include <cstdint>
#include <string>

#include "store/tree.h"

namespace mlops::data {

// As the entries say, links included; of hostile trees as much as a number holds.
std::uint64_t files_of(const store::Tree& tree);

class Unfolding {
 public:
  // As many files as the version's pointer, entry or first tree says. Throws Error(state) where no list of so many fits
  // into this machine.
  explicit Unfolding(std::uint64_t files);
  // Throw Error(state), naming the path, at more files than that, at far more directories, and deeper than 512 of them.
  void file(const std::string& path);
  void directory(const std::string& path);

 private:
  std::uint64_t files_, directories_;  // still to come
};

}  // namespace mlops::data
