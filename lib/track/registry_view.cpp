#include "track/registry_view.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "track/service.h"

namespace mlops::track {
namespace {

std::int64_t count_now(Service& service) {
  std::int64_t count = 0;
  service.read([&](meta::TrackingTables& tables) { count = tables.registry_count(); });
  return count;
}

// One process at a time gives out numbers (register add takes the same lock).
FileLock turn_of(data::Repository& repository) {
  const fs::path leases = repository.state() / "leases";
  fs::create_directories(leases);
  return FileLock(leases / "register.lock");
}

}  // namespace

void RegistryView::refresh() {
  const std::int64_t count = count_now(service_);
  if (count == count_) return;
  service_.repository().store().refresh();
  models_.clear();
  all_known_ = false;
  count_ = count;
}

std::shared_ptr<const registry::RegisteredModel> RegistryView::look(const std::string& name) {
  if (const auto known = models_.find(name); known != models_.end()) return known->second;
  if (all_known_) return nullptr;
  auto folded = registry::registered_model(service_.repository(), name);
  if (!folded) return nullptr;
  return models_[name] = std::make_shared<registry::RegisteredModel>(*std::move(folded));
}

std::shared_ptr<const registry::RegisteredModel> RegistryView::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  refresh();
  return look(name);
}

std::shared_ptr<const registry::RegisteredModel> RegistryView::need(const std::string& name) {
  auto found = find(name);
  if (found == nullptr) throw missing(fmt::format("there is no registered model \"{}\"", printable(name)));
  return found;
}

std::vector<std::shared_ptr<const registry::RegisteredModel>> RegistryView::all() {
  const std::lock_guard lock(mutex_);
  refresh();
  if (!all_known_)
    for (const auto& name : registry::registered_names(service_.repository())) look(name);
  all_known_ = true;
  std::vector<std::shared_ptr<const registry::RegisteredModel>> out;
  for (const auto& [name, model] : models_) out.push_back(model);
  return out;
}

std::vector<std::string> RegistryView::versions_of_run(const std::string& run_id) {
  std::vector<std::string> out;
  for (const auto& model : all())
    for (const auto& state : model->versions)
      if (text_or(state.version.body, "run_id") == run_id) out.push_back(state.version.label());
  return out;
}

// Durable in the database at once, with others in one commit; the store follows within moments.
meta::Entry RegistryView::seal(Json record) {
  if (!record.contains("time")) record["time"] = to_utc(now_micros());
  const std::string text = canonical_json(record);
  const Id id = sha256(text);
  service_.write([&](meta::TrackingTables& tables) { tables.add_record(id, record, text, true); });
  service_.changed();
  const std::string type = text_or(record, "type");
  return {id, type, text_or(record, type == "model" ? "name" : "object"),
          parse_time(text_or(record, "time")).value_or(0), std::move(record)};
}

// What this process sealed itself need not be read again.
void RegistryView::take(const std::string& name, const meta::Entry& entry) {
  const std::int64_t count = count_now(service_);
  const auto known = models_.find(name);
  const bool alone = count == count_ + 1;
  count_ = count;
  if (!alone) {
    models_.clear();
    all_known_ = false;
  }
  if (!alone || (known == models_.end() && !all_known_)) return;  // read when somebody asks
  std::optional<registry::RegisteredModel> before;
  if (known != models_.end()) before = known->second.use_count() == 1 ? std::move(*known->second) : *known->second;
  models_.erase(name);
  if (auto after = registry::registered_after(std::move(before), name, entry))
    models_[name] = std::make_shared<registry::RegisteredModel>(*std::move(after));
}

void RegistryView::change(const std::string& name, const Json& change, const Check& check) {
  const std::lock_guard lock(mutex_);
  const FileLock turn = turn_of(service_.repository());
  refresh();
  check(look(name).get());
  take(name, seal(registry::change_event(service_.repository(), name, change, service_.user)));
}

void RegistryView::add_version(const std::string& name, Json& record, const Check& check, std::int64_t number) {
  const std::lock_guard lock(mutex_);
  const FileLock turn = turn_of(service_.repository());
  refresh();
  {
    const auto model = look(name);
    check(model.get());
    record["number"] = number > 0 ? number : (model == nullptr ? 0 : model->last_number) + 1;
  }
  take(name, seal(record));
}

}  // namespace mlops::track
