// The only place that lists the subcommands. A new one: its file, its page, one line in commands.h and one here.
#include "commands.h"

namespace mlops {

const std::vector<Command>& commands() {
  static const std::vector<Command> k_table{
      {"version", "The version of mlops and of the libraries in it", define_version},
  };
  return k_table;
}

}  // namespace mlops
