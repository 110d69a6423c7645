// How schedules and jobs are shown: shared by the commands of this folder.
#pragma once

#include "../command.h"
#include "meta/jobs.h"
#include "schedule/definition.h"

namespace mlops {

std::string triggers_text(const schedule::Definition& definition);
std::string command_text(const std::vector<std::string>& command);
std::string command_text(const Json& command);
Text status_text(const meta::Job& job);  // waiting, running, finished, failed (3), …
Json definition_json(const schedule::Definition& definition);
Json job_json(const meta::Job& job);
// "2026-03-01 03:00 +0100": a time to come, on this machine's clock.
std::string clock_text(Micros time);

}  // namespace mlops
