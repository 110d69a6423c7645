// Where dated versions lie: entries of one directory with a date in each name, or folders of years, months and days
// ("2024/01/05/", "2024/01/05.csv", "year=2024/month=1/day=5/" as Hive writes them).
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "data/foreign/name_date.h"

namespace mlops::data {

struct DatedSource {
  NameDate date;
  fs::path path;     // absolute
  std::string name;  // as it is told: the last name of the path, or those from the year on
};

// Of one directory that was named its entries (or its months, if it is a year), of several files and directories these
// themselves; names that begin with a dot are passed over. A year whose entries are all months stands for these, and a
// month whose entries are all days for those. Throws Error(input) for names without a date, and where only some of the
// entries are months or days.
std::vector<DatedSource> dated_sources(const std::vector<std::string>& named);

}  // namespace mlops::data
