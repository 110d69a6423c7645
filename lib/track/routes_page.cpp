// The page: three files of share/web. It asks the same API as everybody.
#include "monitor/report/asset.h"
#include "track/service.h"

namespace mlops::track {
namespace {

constexpr const char* k_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

web::Route file(const char* path, const char* asset, const char* type) {
  web::Route route{"GET", path, web::Permission::read, [asset, type](const web::Request&) {
                     web::Response response{200, type, std::string(monitor::asset(asset))};
                     response.headers = {{"Content-Security-Policy", k_policy},
                                         {"Cache-Control", "no-cache"},
                                         {"Referrer-Policy", "no-referrer"}};
                     return response;
                   }};
  route.light = true;
  return route;
}

}  // namespace

std::vector<web::Route> page_routes() {
  return {file("/", "track.html", "text/html; charset=utf-8"),
          file("/static/track.js", "track.js", "text/javascript; charset=utf-8"),
          file("/static/track.css", "track.css", "text/css; charset=utf-8"),
          file("/static/report.css", "report.css", "text/css; charset=utf-8")};
}

}  // namespace mlops::track
