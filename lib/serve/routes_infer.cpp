// Open Inference Protocol over HTTP (/v2). Contract: design of the serving interface; answers and texts are Triton's.
#include <fmt/format.h>

#include <chrono>
#include <numeric>

#include "base/build.h"
#include "base/text.h"
#include "serve/infer.h"
#include "serve/service.h"
#include "serve/wire_json.h"

namespace mlops::serve {
namespace {

using web::Permission;
using web::Request;
using web::Response;
using Clock = std::chrono::steady_clock;

std::uint64_t nanos_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

// V = /v2/models/NAME[/versions/N]
std::shared_ptr<const Model> model_of(const Models& models, const Request& request) {
  return models.find(request.parameters[0], request.parameters.size() > 1 ? request.parameters[1] : "");
}

Response with_model(Response response, const Model& model) {
  response.headers.emplace_back("X-Mlops-Model", model_label(model));
  return response;
}

Response empty(int status) { return {status, "", ""}; }

Response server_metadata(const Request&) {
  return web::json_response(Json{
      {"name", "mlops"},
      {"version", version()},
      {"extensions",
       {"binary_tensor_data", "parameters", "statistics", "classification", "model_repository",
        "model_configuration"}}}.dump());
}

Json tensor_metadata(const TensorInfo& info) {
  Json out{{"name", info.name}, {"datatype", to_text(info.type)}, {"shape", info.shape}};
  if (!info.labels.empty()) out["parameters"] = {{"labels", info.labels}};
  return out;
}

Response model_metadata(const Models& models, const Request& request) {
  const auto model = model_of(models, request);
  Json inputs = Json::array(), outputs = Json::array();
  for (const auto& info : model->interface.inputs) inputs.push_back(tensor_metadata(info));
  for (const auto& info : model->interface.outputs) outputs.push_back(tensor_metadata(info));
  const Json body{{"name", model->name},
                  {"versions", models.versions(model->name)},
                  {"platform", "onnxruntime_onnx"},
                  {"inputs", inputs},
                  {"outputs", outputs}};
  return with_model(web::json_response(body.dump()), *model);
}

Json tensor_config(const TensorInfo& info, bool input) {
  Json out{{"name", info.name}, {"data_type", config_name(info.type)}, {"dims", info.shape}};
  if (input)
    out.update(
        {{"format", "FORMAT_NONE"}, {"is_shape_tensor", false}, {"allow_ragged_batch", false}, {"optional", false}});
  else
    out.update({{"label_filename", ""}, {"is_shape_tensor", false}});
  return out;
}

// max_batch_size 0: any first dimension, and dims are the whole shape.
Response model_config(const Models& models, const Request& request) {
  const auto model = model_of(models, request);
  Json inputs = Json::array(), outputs = Json::array();
  for (const auto& info : model->interface.inputs) inputs.push_back(tensor_config(info, true));
  for (const auto& info : model->interface.outputs) outputs.push_back(tensor_config(info, false));
  const Json body{{"name", model->name},      {"platform", "onnxruntime_onnx"},
                  {"backend", "onnxruntime"}, {"version_policy", {{"latest", {{"num_versions", 1}}}}},
                  {"max_batch_size", 0},      {"input", inputs},
                  {"output", outputs}};
  return with_model(web::json_response(body.dump()), *model);
}

Json tally_json(const Tally& tally) { return {{"count", tally.count.load()}, {"ns", tally.nanos.load()}}; }

Json statistics_json(const Model& model) {
  const ModelStatistics& s = model.statistics;
  const Json none{{"count", 0}, {"ns", 0}};
  return {{"name", model.name},
          {"version", model.version},
          {"last_inference", s.last_inference_ms.load()},
          {"inference_count", s.rows.load()},
          {"execution_count", s.runs.load()},
          {"inference_stats",
           {{"success", tally_json(s.success)},
            {"fail", tally_json(s.fail)},
            {"queue", none},
            {"compute_input", tally_json(s.input)},
            {"compute_infer", tally_json(s.infer)},
            {"compute_output", tally_json(s.output)},
            {"cache_hit", none},
            {"cache_miss", none}}},
          {"batch_stats", Json::array()}};
}

Response model_statistics(const Models& models, const Request& request) {
  Json list = Json::array();
  if (request.parameters.empty())
    for (const auto& model : models.loaded()) list.push_back(statistics_json(*model));
  else
    list.push_back(statistics_json(*model_of(models, request)));
  return web::json_response(Json{{"model_stats", list}}.dump());
}

std::optional<std::string_view> json_length(const Request& request) {
  if (!web::has_header(request.headers, "Inference-Header-Content-Length")) return std::nullopt;
  return request.header("Inference-Header-Content-Length");
}

// One call, its answer and what is left for the traffic log.
class Inference {
 public:
  Inference(const Service& service, const Request& request, std::shared_ptr<const Model> model)
      : service_(service), request_(request), model_(std::move(model)), id_(request.id) {}

  Response answer() {
    Response response;
    try {
      response = run();
      model_->statistics.success.add(nanos_since(start_));
    } catch (const Error& error) {
      model_->statistics.fail.add(nanos_since(start_));
      response = web::json_error(web::status_of(error), error.message());
    }
    if (!call_.id.empty()) id_ = call_.id;
    response.request_id = header_text(id_);
    log(response.status);
    return with_model(std::move(response), *model_);
  }

 private:
  Response run() {
    parse_infer(request_.body, json_length(request_), *model_, call_, service_.features);
    model_->statistics.input.add(nanos_since(start_));
    for (const auto& output : call_.outputs) wanted_.push_back(output.index);
    outputs_ = timed_run(*model_, call_.inputs, wanted_);
    const auto before = Clock::now();
    InferAnswer written = write_infer(call_, *model_, outputs_);
    model_->statistics.output.add(nanos_since(before));
    Response response{200, written.header_length ? "application/octet-stream" : "application/json",
                      std::move(written.body)};
    if (written.header_length)
      response.headers.emplace_back("Inference-Header-Content-Length", std::to_string(*written.header_length));
    response.compress = web::Compress::always;
    return response;
  }

  void log(int status) {
    if (!service_.sink || call_.inputs.empty()) return;
    service_.sink({model_, id_, request_.received, now_micros() - request_.received, status, std::move(call_.inputs),
                   std::move(wanted_), std::move(outputs_)});
  }

  const Service& service_;
  const Request& request_;
  std::shared_ptr<const Model> model_;
  std::string id_;
  Clock::time_point start_ = Clock::now();
  InferCall call_;
  std::vector<std::size_t> wanted_;
  std::vector<Tensor> outputs_;
};

Response repository_index(const Models& models, const Request& request) {
  bool ready_only = false;
  if (!request.body.empty()) {
    const Json body = parse_wire_json(request.body, Flatten::nothing).root;
    if (!body.is_object())
      throw input_error("failed to parse the request JSON buffer: The document is not an object. at 0");
    if (const auto ready = body.find("ready"); ready != body.end()) {
      if (!ready->is_boolean())
        throw input_error("Unable to parse 'ready': attempt to access JSON non-boolean as boolean");
      ready_only = ready->get<bool>();
    }
  }
  Json out = Json::array();
  for (const auto& state : models.index()) {
    if (ready_only && state.state != "READY") continue;
    Json entry{{"name", state.name}, {"state", state.state}};
    if (!state.version.empty()) entry["version"] = state.version;
    if (!state.reason.empty()) entry["reason"] = state.reason;
    out.push_back(entry);
  }
  return web::json_response(out.dump());
}

// Neither models nor configurations are taken from requests.
void refuse_parameters(const Request& request, bool unload) {
  if (request.body.empty()) return;
  const Json body = parse_wire_json(request.body, Flatten::nothing).root;
  const Json parameters = body.is_object() ? body.value("parameters", Json::object()) : Json();
  if (!parameters.is_object())
    throw input_error("Unable to parse 'parameters': attempt to access JSON non-object as object");
  for (const auto& [key, value] : parameters.items())
    if (!unload || key != "unload_dependents")
      throw input_error(fmt::format("load parameter '{}' is not supported", key));
}

Response load(Models& models, const Request& request) {
  refuse_parameters(request, false);
  models.load(request.parameters[0]);
  return empty(200);
}

Response unload(Models& models, const Request& request) {
  refuse_parameters(request, true);
  models.unload(request.parameters[0]);
  return empty(200);
}

web::Route light(std::string pattern, std::function<Response(const Request&)> handler) {
  web::Route route{"GET", std::move(pattern), Permission::anyone, std::move(handler)};
  route.light = true;
  return route;
}

web::Route post(std::string pattern, Permission permission, std::function<Response(const Request&)> handler) {
  web::Route route{"POST", std::move(pattern), permission, std::move(handler)};
  route.content_types = {"application/json", "application/octet-stream"};
  return route;
}

}  // namespace

std::vector<web::Route> inference_routes(const Service& service) {
  Models& models = service.models;
  std::vector<web::Route> out{
      light("/v2/health/live", [](const Request&) { return empty(200); }),
      light("/v2/health/ready", [&](const Request&) { return empty(models.ready() ? 200 : 503); }),
      {"GET", "/v2", Permission::anyone, server_metadata},
      {"GET", "/v2/models/stats", Permission::read, [&](const Request& r) { return model_statistics(models, r); }},
      post("/v2/repository/index", Permission::read, [&](const Request& r) { return repository_index(models, r); }),
      post("/v2/repository/models/{name}/load", Permission::administer,
           [&](const Request& r) { return load(models, r); }),
      post("/v2/repository/models/{name}/unload", Permission::administer,
           [&](const Request& r) { return unload(models, r); })};
  for (const std::string v : {"/v2/models/{name}", "/v2/models/{name}/versions/{version}"}) {
    out.push_back({"GET", v, Permission::read, [&](const Request& r) { return model_metadata(models, r); }});
    out.push_back(light(v + "/ready", [&](const Request& r) { return with_model(empty(200), *model_of(models, r)); }));
    out.push_back({"GET", v + "/config", Permission::read, [&](const Request& r) { return model_config(models, r); }});
    out.push_back(
        {"GET", v + "/stats", Permission::read, [&](const Request& r) { return model_statistics(models, r); }});
    out.push_back(post(v + "/infer", Permission::infer,
                       [&](const Request& r) { return Inference(service, r, model_of(models, r)).answer(); }));
  }
  return out;
}

std::vector<Tensor> timed_run(const Model& model, const std::vector<Tensor>& inputs,
                              const std::vector<std::size_t>& wanted) {
  const auto start = Clock::now();
  auto outputs = model.session->run(inputs, wanted);
  ModelStatistics& s = model.statistics;
  s.infer.add(nanos_since(start));
  s.runs.fetch_add(1, std::memory_order_relaxed);
  const bool rows = !inputs.empty() && !inputs.front().shape.empty();
  s.rows.fetch_add(rows ? static_cast<std::uint64_t>(inputs.front().shape.front()) : 1, std::memory_order_relaxed);
  s.last_inference_ms.store(static_cast<std::uint64_t>(now_micros() / 1000), std::memory_order_relaxed);
  return outputs;
}

std::string header_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > 0x20 && c < 0x7f)
      out.push_back(c);
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string model_label(const Model& model) { return header_text(model.name) + ":" + model.version; }

}  // namespace mlops::serve
