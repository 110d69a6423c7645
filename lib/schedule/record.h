// Schedules as sealed records (share/doc/records.md, type "schedule"). Private to this module.
#pragma once

#include <optional>

#include "schedule/definition.h"

namespace mlops::schedule {

inline constexpr const char* k_record_type = "schedule";

// Returns the definition with its record id, time and author.
Definition seal(data::Repository& repository, Definition definition);
void seal_removal(data::Repository& repository, const Definition& definition);
// nullopt: the record says that the schedule was removed. Throws Error(state) for a record of a newer version.
std::optional<Definition> from_record(const meta::Entry& entry);

}  // namespace mlops::schedule
