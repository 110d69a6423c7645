#include "register/model_json.h"

#include "data/object_json.h"

namespace mlops {

Json to_json(const registry::ModelVersion& version, const std::vector<std::string>& aliases) {
  return {{"name", version.name},
          {"number", version.number},
          {"record", version.record.hex()},
          {"object", data::to_json(version.object)},
          {"signature", version.signature},
          {"metrics", version.body.value("metrics", Json::object())},
          {"run_id", text_or(version.body, "run_id")},
          {"time", text_or(version.body, "time")},
          {"aliases", aliases}};
}

std::vector<std::string> alias_names(const std::map<std::string, std::int64_t>& aliases, std::int64_t number) {
  std::vector<std::string> out;
  for (const auto& [alias, at] : aliases)
    if (at == number) out.push_back(alias);
  return out;
}

}  // namespace mlops
