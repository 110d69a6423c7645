// The define function of every command; commands.cpp puts them into the table.
#pragma once

#include "command.h"

namespace mlops {

Run define_version(CLI::App& app);

}  // namespace mlops
