// POST /labels: what turned out to be true, sent by whoever asked. Answered when it is durable.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "monitor/labels.h"
#include "serve/service.h"

namespace mlops::serve {
namespace {

constexpr std::size_t k_largest_body = std::size_t{16} << 20;

// The registered model that the labels are for: the one named, else the only one there is.
std::string model_of(const Models& models, const Json& body) {
  const auto named = body.is_object() ? body.find("model") : body.end();
  if (named != body.end() && !named->is_string()) throw web::Refusal(400, "\"model\" must be a text");
  std::vector<std::string> names;
  for (const auto& model : models.loaded())
    if (model->record && std::find(names.begin(), names.end(), model->name) == names.end())
      names.push_back(model->name);
  if (named != body.end()) {
    const auto& name = named->get_ref<const std::string&>();
    if (std::find(names.begin(), names.end(), name) != names.end()) return name;
    throw web::Refusal(404, fmt::format("no registered model \"{}\" is served here", to_utf8(name)));
  }
  if (names.size() == 1) return names.front();
  throw web::Refusal(names.empty() ? 404 : 400, names.empty()
                                                    ? "no registered model is served here: labels have no place"
                                                    : "\"model\" must say which: " + join(names, ", "));
}

web::Response take_labels(const Service& service, const web::Request& request) {
  if (request.body.size() > k_largest_body) throw web::Refusal(413, "more than 16 MiB of labels; send them in parts");
  const Json body = parse_json(request.body, "the body");
  const std::string model = model_of(service.models, body);
  if (!service.labels) throw web::Refusal(503, "labels can't be taken yet");
  const auto batch = monitor::label_batch(body);
  const auto kept = service.labels(model, batch);
  return web::json_response(Json{
      {"model", model}, {"labels", batch.requests.size()}, {"record", kept.record.hex()}, {"unchanged", kept.unchanged}}
                                .dump());
}

}  // namespace

std::vector<web::Route> label_routes(const Service& service) {
  web::Route route{"POST", "/labels", web::Permission::write,
                   [&service](const web::Request& request) { return take_labels(service, request); }};
  route.content_types = {"application/json"};
  return {route};
}

}  // namespace mlops::serve
