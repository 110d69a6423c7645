#include <fmt/format.h>

#include <iterator>

#include "serve/service.h"

namespace mlops::serve {
namespace {

void append_model(std::string& out, const char* name, const Model& model, double value) {
  fmt::format_to(std::back_inserter(out), "{}{{model=\"{}\",version=\"{}\"}} {}\n", name, web::label_text(model.name),
                 web::label_text(model.version), value);
}

void append_family(std::string& out, const Models& models, const char* name, const char* help,
                   double (*value)(const ModelStatistics&)) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} counter\n", name, help, name);
  for (const auto& model : models.loaded()) append_model(out, name, *model, value(model->statistics));
}

std::string model_metrics(const Models& models) {
  std::string out;
  append_family(out, models, "mlops_inference_rows_total", "Rows answered.",
                [](const ModelStatistics& s) { return static_cast<double>(s.rows.load()); });
  append_family(out, models, "mlops_inference_runs_total", "Runs of the model.",
                [](const ModelStatistics& s) { return static_cast<double>(s.runs.load()); });
  append_family(out, models, "mlops_inference_failures_total", "Requests that failed.",
                [](const ModelStatistics& s) { return static_cast<double>(s.fail.count.load()); });
  append_family(out, models, "mlops_inference_seconds_total", "Time in the model.",
                [](const ModelStatistics& s) { return static_cast<double>(s.infer.nanos.load()) * 1e-9; });
  return out;
}

}  // namespace

std::vector<web::Route> metrics_routes(const Service& service) {
  web::Route route{"GET", "/metrics", web::Permission::read, [&service](const web::Request&) {
                     return web::Response{200, "text/plain; version=0.0.4; charset=utf-8",
                                          (service.metrics ? service.metrics() : "") + model_metrics(service.models)};
                   }};
  route.light = true;
  return {route};
}

}  // namespace mlops::serve
