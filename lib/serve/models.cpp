#include "serve/models.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>

#include "base/text.h"
#include "web/http.h"

namespace mlops::serve {
namespace {

web::Refusal unknown(std::string_view name) {
  return {404, fmt::format("Request for unknown model: '{}' is not found", to_utf8(name))};
}

}  // namespace

void Models::add(std::unique_ptr<Source> source) {
  const std::lock_guard changing(changing_);
  auto slot = std::make_unique<Slot>();
  slot->source = std::move(source);
  const std::string told = slot->source->current();
  replace(*slot, slot->source->load(limits_), told);
  const std::unique_lock lock(mutex_);
  slots_.push_back(std::move(slot));
}

void Models::replace(Slot& slot, std::unique_ptr<Model> model, const std::string& told) {
  std::shared_ptr<const Model> old = std::move(model);
  {
    const std::unique_lock lock(mutex_);
    slot.model.swap(old);
    slot.loaded = told;
    slot.failed.clear();
    slot.reason.clear();
    slot.state = "READY";
  }
  const bool last = old.use_count() == 1;
  old.reset();
  if (last) malloc_trim(0);  // what the old version held goes back to the system
}

std::shared_ptr<const Model> Models::find(std::string_view name, std::string_view version) const {
  const std::shared_lock lock(mutex_);
  bool known = false, unloaded = false;
  for (const auto& slot : slots_) {
    if (slot->source->name() != name) continue;
    known = true;
    unloaded = unloaded || slot->model == nullptr;
    if (slot->model != nullptr && (version.empty() || slot->model->version == version)) return slot->model;
  }
  if (!known) throw unknown(name);
  if (unloaded && version.empty())
    throw web::Refusal(404, fmt::format("Request for unknown model: '{}' has no available versions", name));
  if (version.find_first_not_of("0123456789") != std::string_view::npos) throw web::Refusal(404, "Not Found");
  throw web::Refusal(404, fmt::format("Request for unknown model: '{}' version {} is not found", name, version));
}

std::shared_ptr<const Model> Models::first() const {
  const std::shared_lock lock(mutex_);
  return slots_.empty() ? nullptr : slots_.front()->model;
}

std::vector<std::string> Models::versions(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& slot : slots_)
    if (slot->source->name() == name && slot->model != nullptr) out.push_back(slot->model->version);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::shared_ptr<const Model>> Models::loaded() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const Model>> out;
  for (const auto& slot : slots_)
    if (slot->model != nullptr) out.push_back(slot->model);
  return out;
}

std::vector<ModelState> Models::index() const {
  const std::shared_lock lock(mutex_);
  std::vector<ModelState> out;
  for (const auto& slot : slots_)
    out.push_back(
        {slot->source->name(), slot->model != nullptr ? slot->model->version : "", slot->state, slot->reason});
  return out;
}

bool Models::ready() const {
  const std::shared_lock lock(mutex_);
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const auto& slot) { return slot->model != nullptr || !slot->wanted; });
}

void Models::load(std::string_view name) {
  const std::lock_guard changing(changing_);
  bool known = false;
  for (const auto& slot : slots_) {
    if (slot->source->name() != name) continue;
    known = true;
    const std::string told = slot->source->current();
    replace(*slot, slot->source->load(limits_), told);
    slot->wanted = true;
  }
  if (!known) throw unknown(name);
}

void Models::unload(std::string_view name) {
  const std::lock_guard changing(changing_);
  bool known = false;
  for (const auto& slot : slots_) {
    if (slot->source->name() != name) continue;
    known = true;
    replace(*slot, nullptr, "");
    const std::unique_lock lock(mutex_);
    slot->wanted = false;
    slot->state = "UNAVAILABLE";
    slot->reason = "unloaded";
  }
  if (!known) throw unknown(name);
}

void Models::follow(const std::function<void(const std::string&)>& tell) {
  const std::lock_guard changing(changing_);
  for (const auto& slot : slots_)
    if (slot->wanted) follow(*slot, tell);
}

void Models::follow(Slot& slot, const std::function<void(const std::string&)>& tell) {
  std::string told;
  try {
    told = slot.source->current();
    if (told == slot.loaded || told == slot.failed) return;
    auto model = slot.source->load(limits_);
    const std::string label = model->name + ":" + model->version;
    replace(slot, std::move(model), told);
    tell("now serving " + label);
  } catch (const Error& error) {
    if (told.empty()) return;  // the alias is gone, or the registry can't be read now: the old version goes on
    const std::unique_lock lock(mutex_);
    slot.failed = told;
    slot.reason = error.message();
    tell(fmt::format("{} stays as it is: {}", slot.source->name(), error.message()));
  }
}

}  // namespace mlops::serve
