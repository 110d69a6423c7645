// drift_tables DIRECTORY [ROWS] [COLUMNS]: reference.parquet and current.parquet for timing `mlops monitor drift`.
// Kinds of columns go round: normal, heavy tail with nulls, ties, whole numbers, few values, low and high cardinality,
// truth values.
#include <cmath>
#include <cstdlib>
#include <random>

#include "base/file.h"
#include "table/table.h"

namespace {

using namespace mlops;

table::Column column(std::size_t kind, const std::string& name, std::size_t rows, bool drifted,
                     std::mt19937_64& random) {
  std::normal_distribution<double> normal(drifted ? 0.25 : 0, 1);
  std::uniform_real_distribution<double> uniform;
  std::vector<double> reals(rows);
  std::vector<std::int64_t> integers(rows);
  std::vector<std::string> texts;
  table::Validity valid(rows, 1);
  switch (kind % 8) {
    case 0:
      for (auto& value : reals) value = normal(random);
      return table::make_reals(name, reals);
    case 1:
      for (std::size_t i = 0; i < rows; ++i)
        reals[i] = std::exp(normal(random) * 1.5), valid[i] = uniform(random) > 0.05;
      return table::make_reals(name, reals, valid);
    case 2:
      for (auto& value : reals) value = uniform(random) < 0.5 ? 0 : std::round(normal(random) * 4) / 2;
      return table::make_reals(name, reals);
    case 3:
      for (auto& value : integers) value = static_cast<std::int64_t>(40 + 6 * normal(random));
      return table::make_integers(name, integers);
    case 4:
      for (auto& value : integers) value = static_cast<std::int64_t>(uniform(random) * 5);
      return table::make_integers(name, integers);
    case 5:
      for (std::size_t i = 0; i < rows; ++i) texts.push_back("level " + std::to_string(random() % (drifted ? 9 : 8)));
      return table::make_texts(name, texts);
    case 6:
      for (std::size_t i = 0; i < rows; ++i) texts.push_back("id " + std::to_string(random() % 50'000));
      return table::make_texts(name, texts);
    default:
      for (auto& value : valid) value = uniform(random) < 0.3;
      return table::make_booleans(name, valid);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::size_t rows = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
  const std::size_t columns = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 50;
  for (const bool current : {false, true}) {
    table::Table table;
    std::mt19937_64 random(current ? 2 : 1);
    for (std::size_t c = 0; c < columns; ++c)
      table.add(column(c, "column_" + std::to_string(c), rows, current && c % 3 == 0, random));
    replace_file(fs::path(arguments[1]) / (current ? "current.parquet" : "reference.parquet"),
                 table::write_parquet(table));
  }
}
