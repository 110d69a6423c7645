// How MLflow's clients are told that something is wrong: they go by `error_code`, and repeat what ends with 5xx for
// minutes, so a caller's mistake is never one.
#pragma once

#include <string>

#include "web/http.h"

namespace mlops::track {

struct ApiError : web::Refusal {
  ApiError(int http_status, std::string error_code, std::string text)
      : Refusal(http_status, std::move(text)), code(std::move(error_code)) {}
  std::string code;
};

ApiError invalid(std::string text);         // 400 INVALID_PARAMETER_VALUE
ApiError already_exists(std::string text);  // 400 RESOURCE_ALREADY_EXISTS
ApiError missing(std::string text);         // 404 RESOURCE_DOES_NOT_EXIST
ApiError conflict(std::string text);        // 409 RESOURCE_CONFLICT
ApiError unsupported(int status, const std::string& what);

web::Response error_response(int status, const std::string& code, const std::string& text);
// For what the server itself refuses: the code that goes with a status. A wrong content type is 400 here, as MLflow has
// it.
web::Response refuse(int status, const std::string& text);

}  // namespace mlops::track
