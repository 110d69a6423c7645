// Bodies of requests and of refusals in the shapes of Feast's feature server (FastAPI and pydantic).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "web/http.h"
#include "web/wire_json.h"

namespace mlops::feature {

// A body that is not what its route takes: 422 and a list of what is wrong.
struct InvalidBody {
  web::OrderedJson detail;  // {type, loc, msg, input}
};
web::Response response_of(const InvalidBody& invalid);

// What else is wrong: {module, class, message} as JSON, in a JSON string; clients raise the class.
web::Response refusal(int status, const std::string& feast_class, const std::string& message);
// {"detail": TEXT}: what the server finds by itself.
web::Response detail(int status, const std::string& text);

// The members of a JSON object, each checked as it is read. Throws InvalidBody.
class Body {
 public:
  explicit Body(const web::Request& request);

  [[nodiscard]] std::string text(const char* key) const;  // must be there
  [[nodiscard]] std::optional<std::string> text_if(const char* key) const;
  [[nodiscard]] bool flag(const char* key, bool fallback) const;        // "true" passes for true
  [[nodiscard]] std::vector<std::string> texts(const char* key) const;  // empty when absent
  [[nodiscard]] const web::OrderedJson& object(const char* key) const;  // must be there
  // An object whose members are lists; must be there.
  [[nodiscard]] const web::OrderedJson& columns(const char* key) const;

 private:
  [[nodiscard]] const web::OrderedJson* find(const char* key) const;
  [[noreturn]] void missing(const char* key) const;
  web::OrderedJson json_;
};

}  // namespace mlops::feature
