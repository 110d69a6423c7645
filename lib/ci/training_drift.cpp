#include "ci/training_drift.h"

#include "base/error.h"
#include "monitor/drift.h"
#include "register/training_data.h"
#include "table/table.h"

namespace mlops::ci {
namespace {

constexpr std::size_t k_tables = 20;

monitor::DriftOptions options_of(const problem::Charter* charter) {
  monitor::DriftOptions out;
  if (charter == nullptr) return out;
  out.share = charter->drift.share.value_or(out.share);
  out.tests = charter->drift.tests;
  out.minimum_rows = charter->drift.minimum_rows.value_or(out.minimum_rows);
  return out;
}

table::Table read(const store::Store& store, const registry::TrainingTable& one) {
  if (!store.has_file(one.file))
    throw input_error("its version " + one.file.brief() + " is not in the store", "mlops pull --all");
  return table::read_table(*table::store_source(store, one.file, one.path));
}

TableDrift compare(const Case& asked, const registry::TrainingTable& before, const registry::TrainingTable& now) {
  TableDrift out;
  out.path = now.path;
  out.same = before.file == now.file;
  if (out.same) return out;
  try {
    const store::Store& store = asked.repository.store();
    const auto result = monitor::drift(read(store, before), read(store, now), options_of(asked.charter()));
    out.columns = result.drifted;
    out.tested = result.tested;
    out.drifted = result.dataset_drift();
    out.words = monitor::verdict_in_words(result);
  } catch (const Error& error) {
    out.problem = error.message();
  }
  return out;
}

}  // namespace

std::vector<TableDrift> training_drift(const Case& asked) {
  std::vector<TableDrift> out;
  if (!asked.champion || !asked.candidate.run || asked.is_champion()) return out;
  const Candidate made = candidate_of(asked.repository, *asked.champion);
  if (!made.run) return out;
  const std::string path = text_or(asked.champion->body, "path");
  const auto champion = registry::training_tables(asked.repository.store(), made.run->body, path);
  for (const auto& now : registry::training_tables(asked.repository.store(), asked.candidate.run->body, path))
    for (const auto& before : champion)
      if (before.path == now.path && out.size() < k_tables) out.push_back(compare(asked, before, now));
  return out;
}

}  // namespace mlops::ci
