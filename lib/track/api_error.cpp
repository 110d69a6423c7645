#include "track/api_error.h"

#include "base/json.h"

namespace mlops::track {
namespace {

const char* code_of(int status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "ENDPOINT_NOT_FOUND";
    case 405:
      return "BAD_REQUEST";
    case 409:
      return "RESOURCE_CONFLICT";
    case 429:
      return "REQUEST_LIMIT_EXCEEDED";
    case 501:
      return "NOT_IMPLEMENTED";
    case 503:
      return "TEMPORARILY_UNAVAILABLE";
    default:
      return status < 500 ? "INVALID_PARAMETER_VALUE" : "INTERNAL_ERROR";
  }
}

}  // namespace

ApiError invalid(std::string text) { return {400, "INVALID_PARAMETER_VALUE", std::move(text)}; }
ApiError already_exists(std::string text) { return {400, "RESOURCE_ALREADY_EXISTS", std::move(text)}; }
ApiError missing(std::string text) { return {404, "RESOURCE_DOES_NOT_EXIST", std::move(text)}; }
ApiError conflict(std::string text) { return {409, "RESOURCE_CONFLICT", std::move(text)}; }
ApiError unsupported(int status, const std::string& what) {
  return {status, "NOT_IMPLEMENTED", what + " is not supported by this server"};
}

web::Response error_response(int status, const std::string& code, const std::string& text) {
  web::Response out = web::json_response(
      Json{{"error_code", code}, {"message", text}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  out.status = status;
  return out;
}

web::Response refuse(int status, const std::string& text) {
  if (status == 415) status = 400;
  if (status == 404) return error_response(404, code_of(404), "this endpoint is not supported by this server");
  return error_response(status, code_of(status), text);
}

}  // namespace mlops::track
