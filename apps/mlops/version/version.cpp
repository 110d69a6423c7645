#include "base/build.h"
#include "commands.h"

namespace mlops {

Run define_version(CLI::App&) {
  return [](Context& context) {
    if (context.out.json())
      context.out.value({{"version", version()}, {"build", build_id()}});
    else
      context.out.answer(std::string("mlops ") + version());
    return k_exit_done;
  };
}

}  // namespace mlops
