#include "serve/deployments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "register/models.h"

namespace mlops::serve {
namespace {

constexpr Micros k_touch_every = 5'000'000;

fs::path directory(const data::Repository& repository) { return repository.state() / "deployments"; }
fs::path lock_of(const fs::path& file) { return fs::path(file).replace_extension(".lock"); }

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? to_utf8(name.data()) : "";
}

void remove_files(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(lock_of(file), ignored);
}

// "prod" of "churn@prod".
std::string alias_of(const std::string& spec) {
  const auto at = spec.rfind('@');
  return at == std::string::npos ? "" : spec.substr(at + 1);
}

Json end_of(Json record, const Id& begun, Micros time, const std::string& how, const std::string& next) {
  record["previous"] = begun.hex();
  record["to"] = record["time"] = to_utc(time);
  record["end"] = how;
  if (!next.empty()) record["next"] = next;
  return record;
}

Micros modified(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return now_micros();
  return static_cast<Micros>(info.st_mtim.tv_sec) * 1'000'000 + info.st_mtim.tv_nsec / 1000;
}

}  // namespace

Deployments::Deployments(data::Repository& repository, std::mutex& mutex, std::string address,
                         std::function<Json()> features, std::function<void(const std::string&)> tell)
    : repository_(repository),
      mutex_(mutex),
      address_(std::move(address)),
      features_(std::move(features)),
      tell_(std::move(tell)) {
  guarded([&] { close_dead_deployments(repository_, mutex_); });
}

Deployments::~Deployments() {
  for (auto& running : running_) guarded([&] { end(running.second, "stopped", ""); });
}

// Trouble is told once, until it works again.
void Deployments::guarded(const std::function<void()>& step) {
  try {
    step();
    troubled_ = false;
  } catch (const std::exception& error) {
    if (!troubled_) tell_(std::string("deployments are not recorded: ") + error.what());
    troubled_ = true;
  }
}

void Deployments::follow(const std::vector<std::shared_ptr<const Model>>& loaded) {
  Json features;
  guarded([&] { features = features_(); });
  std::map<std::string, const Model*> wanted;
  for (const auto& model : loaded)
    if (model->record)
      wanted[model->name + " " + model->asked + " " + model->record->hex() + " " + features.dump()] = model.get();
  // The new ones first: between two versions of an alias there is always one.
  for (const auto& [key, model] : wanted)
    if (!running_.contains(key)) guarded([&, key = key, model = model] { begin(key, *model, features); });
  for (auto at = running_.begin(); at != running_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    std::string next;
    for (const auto& [key, model] : wanted)
      if (model->name == text_or(at->second.record, "served_as") && model->asked == text_or(at->second.record, "asked"))
        next = model->record->hex();
    guarded([&] { end(at->second, next.empty() ? "unloaded" : "replaced", next); });
    at = running_.erase(at);
  }
  if (now_micros() - touched_ < k_touch_every) return;
  touched_ = now_micros();
  for (const auto& [key, running] : running_) (void)::utimensat(AT_FDCWD, running.file.c_str(), nullptr, 0);
}

// The file comes before the record: whoever is killed between them leaves something to be ended.
void Deployments::begin(const std::string& key, const Model& model, const Json& features) {
  fs::create_directories(directory(repository_));
  const std::string id = random_hex(32);
  const fs::path file = directory(repository_) / (id + ".json");
  FileLock lock(lock_of(file));
  const std::lock_guard held(mutex_);
  const auto version = registry::find(repository_, model.record->hex());
  Json record{{"type", "deployment"},
              {"version", 1},
              {"key", id},
              {"model", version ? version->name : model.name},
              {"number", std::stoll(model.version)},
              {"model_version", model.record->hex()},
              {"served_as", model.name},
              {"asked", model.asked},
              {"address", address_},
              {"host", host_name()},
              {"from", to_utc(now_micros())}};
  record["time"] = record["from"];
  if (const std::string alias = alias_of(model.asked); !alias.empty()) record["alias"] = alias;
  if (!features.is_null()) record["features"] = features;
  replace_file(file, canonical_json(record), 0600);
  const Id sealed = repository_.database().seal(record);
  running_.emplace(key, Running{std::move(record), sealed, file, std::move(lock)});
}

void Deployments::end(Running& running, const std::string& how, const std::string& next) {
  const std::lock_guard held(mutex_);
  (void)repository_.database().seal(end_of(running.record, running.id, now_micros(), how, next));
  remove_files(running.file);
}

namespace {

// Sealing the beginning again is no harm: its process may have died before it did.
void close_dead(data::Repository& repository, const fs::path& file) {
  try {
    const Json record = parse_json(read_file(file, std::uint64_t{1} << 20), file.string());
    const Id begun = repository.database().seal(record);
    // File systems tell the time by a coarser clock: an end is never before its beginning.
    const Micros from = parse_time(text_or(record, "from")).value_or(0);
    (void)repository.database().seal(end_of(record, begun, std::max(modified(file), from + 1), "killed", ""));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;  // later; what can't be read is nobody's any more
  }
  remove_files(file);
}

// A lock alone is of a process that is about to write its file, or that was killed just then.
bool is_old(const fs::path& lock) { return now_micros() - modified(lock) > 60'000'000; }

}  // namespace

void close_dead_deployments(data::Repository& repository, std::mutex& mutex) {
  std::vector<fs::path> locks;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory(repository), ignored))
    if (entry.path().extension() == ".lock") locks.push_back(entry.path());
  std::sort(locks.begin(), locks.end());
  for (const auto& path : locks) {
    const fs::path file = fs::path(path).replace_extension(".json");
    if (!fs::exists(file, ignored) && !is_old(path)) continue;
    const FileLock lock = FileLock::try_lock(path);
    if (!lock) continue;
    const std::lock_guard held(mutex);
    if (fs::exists(file, ignored))
      close_dead(repository, file);
    else
      remove_files(file);
  }
}

}  // namespace mlops::serve
