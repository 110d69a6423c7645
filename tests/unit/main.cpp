// One main for every unit test. Sandboxed tasks start this same binary again, as they do with mlops.
#define CATCH_CONFIG_RUNNER
#include <signal.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "base/sandbox.h"

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && std::strcmp(argv[1], "--helper") == 0) return mlops::run_sandbox_helper(argv[2]);
  return Catch::Session().run(argc, argv);
}
