// The list of condemned objects, through its file: a damaged one is empty.
#include <unistd.h>

#include <fstream>

#include "input.h"
#include "store/condemned.h"

namespace {

const mlops::store::Layout& layout() {
  static const mlops::store::Layout k_layout = [] {
    const auto folder = std::filesystem::temp_directory_path() / ("mlops-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::atexit([] {
      std::filesystem::remove_all(std::filesystem::temp_directory_path() /
                                  ("mlops-fuzz-" + std::to_string(::getpid())));
    });
    return mlops::store::Layout{folder};
  }();
  return k_layout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  std::ofstream(layout().condemned(), std::ios::binary) << fuzz::with_checksum(fuzz::text_of(data, size));
  const auto list = store::Condemned::load(layout());
  fuzz::require(store::Condemned::check(layout()).empty() || list.entries().empty());
  for (const auto& entry : list.entries()) (void)list.since(entry.key);
  return 0;
}
