// MLflow's scoring server: /ping, /health, /version, /invocations.
#include <fmt/format.h>

#include <numeric>

#include "base/build.h"
#include "base/text.h"
#include "serve/scoring.h"
#include "serve/service.h"
#include "web/guard.h"

namespace mlops::serve {
namespace {

using web::Permission;
using web::Request;
using web::Response;

const std::vector<std::string> k_types{"application/json", "text/csv", "application/vnd.apache.parquet"};

Response refuse(int status, const std::string& text) {
  if (status == 415) return web::text_response(415, text);
  return {status, "application/json",
          Json{{"error_code", status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR"}, {"message", text}}.dump(
              -1, ' ', false, Json::error_handler_t::replace)};
}

Response schema_error(const std::string& text) {
  return {400, "application/json",
          Json{{"error_code", "INVALID_PARAMETER_VALUE"}, {"message", text}}.dump(-1, ' ', false,
                                                                                  Json::error_handler_t::replace)};
}

// The only parameter is a charset, and the only charset UTF-8.
bool utf8_only(std::string_view content_type) {
  const auto parts = split(content_type, ';');
  return std::all_of(parts.begin() + 1, parts.end(),
                     [](const std::string& part) { return web::media_type(part) == "charset=utf-8"; });
}

Response ping(const Models& models) {
  return models.first() != nullptr ? Response{200, "application/json", "\n"} : web::text_response(404, "\n");
}

void log_call(const Service& service, const Request& request, const std::shared_ptr<const Model>& model, int status,
              std::vector<Tensor> inputs, std::vector<std::size_t> wanted, std::vector<Tensor> outputs) {
  if (service.sink && !inputs.empty())
    service.sink({model, request.id, request.received, now_micros() - request.received, status, std::move(inputs),
                  std::move(wanted), std::move(outputs)});
}

Response score(const Service& service, const Request& request, const std::shared_ptr<const Model>& model) {
  std::vector<Tensor> inputs, outputs;
  std::vector<std::size_t> wanted(model->interface.outputs.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  Response response;
  try {
    inputs = parse_scoring(web::media_type(request.header("Content-Type")), request.body, *model, service.features);
    outputs = timed_run(*model, inputs, wanted);
    response = web::json_response(write_predictions(*model, outputs));
  } catch (const SchemaError& error) {
    response = schema_error(error.message());
  } catch (const Error& error) {
    response = refuse(400, error.message());  // the model's failure too
  }
  log_call(service, request, model, response.status, std::move(inputs), std::move(wanted), std::move(outputs));
  return response;
}

Response invocations(const Service& service, const Request& request) {
  const auto model = service.models.first();
  if (model == nullptr) return refuse(404, "no model is loaded");
  if (!utf8_only(request.header("Content-Type")))
    return refuse(415, "the only parameter of a content type is charset=utf-8");
  Response response = score(service, request, model);
  response.headers.emplace_back("X-Mlops-Model", model_label(*model));
  return response;
}

web::Route light(const char* path, std::function<Response(const Request&)> handler) {
  web::Route route{"GET", path, Permission::anyone, std::move(handler)};
  route.light = true;
  return route;
}

}  // namespace

std::vector<web::Route> scoring_routes(const Service& service) {
  web::Route post{"POST", "/invocations", Permission::infer,
                  [&](const Request& request) { return invocations(service, request); }};
  post.content_types = k_types;
  post.type_required = true;
  post.refuse = refuse;
  web::Route redirect{"POST", "/invocations/", Permission::infer, [](const Request&) {
                        return Response{307, "", "", {{"Location", "/invocations"}}};
                      }};
  return {post, redirect, light("/ping", [&](const Request&) { return ping(service.models); }),
          light("/health", [&](const Request&) { return ping(service.models); }),
          light("/version", [](const Request&) { return web::text_response(200, version()); })};
}

}  // namespace mlops::serve
