// Rules for names and values that clients send (design: MLflow's limits). All throw ApiError(400) naming what is wrong.
#pragma once

#include <string>
#include <string_view>

namespace mlops::track {

inline constexpr std::size_t k_key_bytes = 250, k_param_text = 6000, k_tag_text = 8000;

// Of a metric, parameter or tag: letters, digits, / _ - . blank and colon; a normal path.
void check_key(std::string_view key, const char* what);
void check_length(std::string_view text, std::size_t most, const char* what);  // in characters
// At most so many characters.
std::string cut(std::string_view text, std::size_t most);
void check_experiment_name(std::string_view name);
void check_model_name(std::string_view name);  // registered
void check_logged_model_name(std::string_view name);
void check_alias(std::string_view alias);
std::string stage_of(std::string_view text);  // None Staging Production Archived, any letter case

// A path of artifacts, already percent-decoded: no empty part (but at the end), no "." or "..", nothing absolute, no
// backslash, control characters, "#", and nothing that a second decoding would turn into these. Returns it without "/"
// at the end.
std::string artifact_path(std::string_view text);
// Where an URI of the proxy leads, "" being its root; nullopt for other schemes. Throws for paths that can't be.
// "mlflow-artifacts:/0/models" → "0/models"
bool proxied(std::string_view uri);
std::string proxied_path(std::string_view uri);

}  // namespace mlops::track
