// Help from the command's page and its parser, so the two never disagree.
#pragma once

#include <string>
#include <string_view>

#include "command.h"

namespace mlops {

std::string overview();                        // `mlops`
std::string noun_help(std::string_view noun);  // `mlops data -h`
std::string command_help(const Command& command, const CLI::App& app);

}  // namespace mlops
