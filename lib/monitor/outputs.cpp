#include "monitor/outputs.h"

#include <algorithm>

#include "base/text.h"

namespace mlops::monitor {
namespace {

struct Output {
  std::string name, datatype;
  std::int64_t width = 1;            // -1: not fixed
  std::vector<std::string> columns;  // as the traffic log calls them
  std::vector<std::string> labels;

  [[nodiscard]] bool real() const { return datatype.starts_with("FP") || datatype == "BF16"; }
};

std::vector<std::string> texts(const Json& tensor, const char* key) {
  std::vector<std::string> out;
  const auto list = tensor.find(key);
  if (list != tensor.end() && list->is_array())
    for (const auto& item : *list) out.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  return out;
}

Output output_of(const Json& tensor) {
  Output out{text_or(tensor, "name"), text_or(tensor, "datatype"), 1, {}, {}};
  const auto shape = tensor.find("shape");
  if (shape != tensor.end() && shape->is_array() && shape->size() == 2 && (*shape)[1].is_number_integer())
    out.width = (*shape)[1].get<std::int64_t>();
  const auto fits = [&](const auto& names) {
    return out.width >= 0 && names.size() == static_cast<std::size_t>(out.width);
  };
  if (auto labels = texts(tensor, "labels"); fits(labels)) out.labels = std::move(labels);
  out.columns = texts(tensor, "columns");
  if (fits(out.columns)) return out;
  out.columns.clear();
  for (const auto& label : out.labels) out.columns.push_back(out.name + "_" + label);
  if (!out.columns.empty()) return out;
  if (out.width == 1) out.columns.push_back(out.name);
  for (std::int64_t i = 0; out.width > 1 && i < out.width; ++i)
    out.columns.push_back(fmt::format("{}_{}", out.name, i));
  return out;
}

std::vector<Output> outputs_of(const Json& signature, const std::string& only) {
  std::vector<Output> out;
  std::vector<std::string> names;
  for (const auto& tensor : signature.value("outputs", Json::array())) {
    names.push_back(text_or(tensor, "name"));
    if (only.empty() || names.back() == only) out.push_back(output_of(tensor));
  }
  if (!out.empty()) return out;
  const std::string near = nearest(only, names);
  throw input_error(fmt::format("the model has no output \"{}\"", printable(only)),
                    near.empty() ? "its outputs: " + join(names, ", ") : "did you mean \"" + near + "\"?");
}

const Output* first_where(const std::vector<Output>& outputs, bool (*fits)(const Output&)) {
  const auto found = std::find_if(outputs.begin(), outputs.end(), fits);
  return found == outputs.end() ? nullptr : &*found;
}

}  // namespace

OutputColumns choose_outputs(const Json& signature, const std::string& output, bool numbers) {
  const auto outputs = outputs_of(signature, output);
  const Output* single = first_where(outputs, [](const Output& o) { return o.real() && o.columns.size() == 1; });
  const Output* several = first_where(outputs, [](const Output& o) { return o.real() && o.columns.size() > 1; });
  const Output* hard = first_where(outputs, [](const Output& o) { return !o.real() && o.columns.size() == 1; });
  OutputColumns out;
  if (numbers) {
    const Output* answer = single != nullptr ? single : hard;
    if (answer != nullptr) out.prediction = answer->columns.front();
  } else {
    if (hard != nullptr) out.prediction = hard->columns.front();
    const Output* scores = several != nullptr ? several : single;
    if (scores != nullptr) {
      out.scores = scores->columns;
      out.score_classes = scores->labels;
    }
  }
  if (!out.prediction.empty() || !out.scores.empty()) return out;
  std::vector<std::string> names;
  for (const auto& one : outputs) names.push_back(one.name);
  throw input_error("no output of the model can be told for its prediction: " + printable(join(names, ", ")),
                    "--prediction COLUMN and --score COLUMN name columns of its traffic");
}

}  // namespace mlops::monitor
