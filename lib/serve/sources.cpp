#include "serve/sources.h"

#include "base/file.h"
#include "base/text.h"
#include "register/models.h"

namespace mlops::serve {
namespace {

constexpr std::uint64_t k_largest_model = (std::uint64_t{1} << 31) - 1;

class FileSource : public Source {
 public:
  FileSource(fs::path file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  std::string name() const override { return name_; }
  std::string current() override { return "1"; }
  std::unique_ptr<Model> load(const LoadLimits& limits) override {
    const std::string bytes = read_file(file_, k_largest_model);
    return load_model(bytes, name_, nullptr, limits);
  }

 private:
  fs::path file_;
  std::string name_;
};

class RegistrySource : public Source {
 public:
  RegistrySource(data::Repository& repository, std::mutex& mutex, std::string spec, const std::string& name)
      : repository_(repository),
        mutex_(mutex),
        spec_(std::move(spec)),
        version_(look()),
        name_(name.empty() ? version_.name : name) {}
  std::string name() const override { return name_; }
  std::string current() override {
    version_ = look();
    return version_.record.hex();
  }
  std::unique_ptr<Model> load(const LoadLimits& limits) override {
    const std::string label = version_.name + ":" + std::to_string(version_.number);
    auto model = load_model(bytes(label), label, version_.signature, limits);
    model->name = name_;
    model->version = std::to_string(version_.number);
    model->record = version_.record;
    model->asked = spec_;
    return model;
  }

 private:
  registry::ModelVersion look() const {
    const std::lock_guard lock(mutex_);
    repository_.store().refresh();
    return registry::resolve(repository_, spec_);
  }
  std::string bytes(const std::string& label) const {
    const std::lock_guard lock(mutex_);
    return registry::model_bytes(repository_.store(), version_.object, label);
  }

  data::Repository& repository_;
  std::mutex& mutex_;
  std::string spec_;
  registry::ModelVersion version_;
  std::string name_;
};

}  // namespace

bool names_registry(const std::string& spec) {
  const auto colon = spec.rfind(':');
  const bool numbered = colon != std::string::npos && colon + 1 < spec.size() &&
                        spec.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (spec.find('@') != std::string::npos || numbered) return true;
  return !fs::exists(spec) && !spec.ends_with(".onnx") && spec.find('/') == std::string::npos;
}

std::unique_ptr<Source> file_source(const fs::path& file, const std::string& name) {
  return std::make_unique<FileSource>(file, name.empty() ? file.stem().string() : name);
}

std::unique_ptr<Source> registry_source(data::Repository& repository, std::mutex& mutex, const std::string& spec,
                                        const std::string& name) {
  return std::make_unique<RegistrySource>(repository, mutex, spec, name);
}

}  // namespace mlops::serve
