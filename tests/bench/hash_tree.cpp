// The yardstick for `data add`: one process reads and hashes a tree, in the order of the directories, and writes it to
// one file, synced. Prints seconds.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/time.h"

using namespace mlops;

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: hash_tree DIRECTORY OUTPUT\n", stderr), 2;
  const Micros start = now_micros();
  const Fd out = open_file(argv[2], O_WRONLY | O_CREAT | O_TRUNC);
  std::vector<std::byte> buffer(1 << 20);
  for (const auto& entry : fs::recursive_directory_iterator(argv[1])) {
    if (!entry.is_regular_file()) continue;
    const Fd in = open_file(entry.path(), O_RDONLY);
    Sha256 hash;
    while (const auto got = read_some(in.get(), buffer, entry.path())) {
      hash.update(std::span(buffer).first(got));
      write_all(out.get(), std::span(buffer).first(got), argv[2]);
    }
    hash.finish();
  }
  if (::fsync(out.get()) != 0) return 1;
  std::printf("%.3f\n", static_cast<double>(now_micros() - start) / 1e6);
}
