// A command is one file and one page: it declares its options and returns what to run. The body only translates: flags
// → one call into lib → print.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/interrupt.h"
#include "data/repository.h"
#include "output.h"

namespace mlops {

struct Context {
  Output& out;
  bool ends_by_signal = false;  // of a server: being told to stop is its proper end, exit code 0
};

// Returns the exit code: 0 done, 1 the answer is no. Trouble is thrown as mlops::Error.
using Run = std::function<int(Context&)>;

struct Command {
  std::string_view name;  // "data add"
  std::string_view summary;
  Run (*define)(CLI::App&);  // adds the options; the returned closure owns what they fill
};

// The repository around the current directory. Keys of its configuration that do not count there are named on stderr.
std::unique_ptr<data::Repository> open_repository(Context& context);
// The same for commands that work on plain files too: nullptr where there is none.
std::unique_ptr<data::Repository> find_repository(Context& context);

// All commands, in the order in which people meet them.
const std::vector<Command>& commands();

// The text of apps/mlops/<noun>/<verb>.md, "" when there is none.
std::string_view page(std::string_view command);

}  // namespace mlops
