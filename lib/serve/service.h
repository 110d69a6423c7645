// The routes of a model server: Open Inference Protocol, MLflow's scoring, metrics.
#pragma once

#include <vector>

#include "serve/call.h"
#include "serve/models.h"
#include "web/server.h"

namespace mlops::monitor {
struct LabelBatch;
struct KeptLabels;
}  // namespace mlops::monitor

namespace mlops::serve {

class FeatureInputs;

// `sink` may be empty. All three must outlive the server that answers with the routes. `metrics` adds its text to
// /metrics.
struct Service {
  Models& models;
  CallSink sink{};
  const FeatureInputs* features = nullptr;  // completes inputs
  std::function<std::string()> metrics{};
  // Keeps labels of a registered model, durably; may be empty.
  std::function<monitor::KeptLabels(const std::string& model, const monitor::LabelBatch&)> labels{};
};

std::vector<web::Route> inference_routes(const Service& service);
std::vector<web::Route> scoring_routes(const Service& service);
std::vector<web::Route> label_routes(const Service& service);
std::vector<web::Route> metrics_routes(const Service& service);

// Runs the model and counts it. Throws what the engine throws.
std::vector<Tensor> timed_run(const Model& model, const std::vector<Tensor>& inputs,
                              const std::vector<std::size_t>& wanted);
// For a header: what is not visible ASCII is percent-encoded.
std::string header_text(std::string_view text);
// "churn:7"
std::string model_label(const Model& model);

}  // namespace mlops::serve
