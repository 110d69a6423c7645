#include "base/http_client.h"

#include "base/error.h"
#include "base/module.h"

namespace mlops {

std::string_view HttpAnswer::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

HttpAnswer ask_http(const HttpRequest& request) {
  static auto* const library = static_cast<HttpLibrary*>(open_module("http"));
  return library->ask(request);
}

HttpAnswer send_http(const HttpRequest& request) {
  HttpAnswer answer = ask_http(request);
  if (answer.problem != HttpProblem::none) throw outside_error(answer.sentence);
  return answer;
}

}  // namespace mlops
