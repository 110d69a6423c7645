#include "feature/feature_routes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "feature/materialize.h"
#include "feature/online_answer.h"
#include "feature/pushes.h"
#include "feature/wire_body.h"
#include "web/query.h"

namespace mlops::feature {
namespace {

using web::Permission;
using web::Request;
using web::Response;

// Of one answer: some 50 bytes each.
constexpr std::size_t k_most_values = 4'000'000;

Response empty() { return {200, "", ""}; }
Response null() { return web::json_response("null"); }

Response unknown(const UnknownName& error) {
  switch (error.kind) {
    case UnknownName::Kind::view:
      return refusal(404, "FeatureViewNotFoundException", error.message());
    case UnknownName::Kind::service:
      return refusal(404, "FeatureServiceNotFoundException", error.message());
    default:
      return refusal(422, "PushSourceNotFoundException", error.message());
  }
}

// The caller's mistakes in the words that the client understands; the rest is the server's own boundary's.
template <typename Work>
Response guarded(const Work& work) {
  try {
    return work();
  } catch (const InvalidBody& invalid) {
    return response_of(invalid);
  } catch (const UnknownName& error) {
    return unknown(error);
  } catch (const NameCollision& error) {
    return refusal(400, "FeatureNameCollisionError", error.message());
  } catch (const Error& error) {
    const int status = web::status_of(error);
    if (status >= 500) return detail(status, error.message());
    return refusal(status, "FeastError",
                   error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")");
  }
}

std::vector<const View*> push_views(const Registry& registry, const std::string& source) {
  auto views = views_of_push(registry, source);
  if (views.empty())
    throw UnknownName(UnknownName::Kind::push_source,
                      fmt::format("push source \"{}\" does not exist", printable(source)), "");
  return views;
}

Micros time_in(const std::string& text, const char* key) {
  const auto time = parse_time(text);
  if (!time)
    throw input_error(fmt::format("\"{}\" is no time: \"{}\"", key, printable(text.substr(0, 60))),
                      "write 2026-01-03T12:00:30Z");
  return *time;
}

// From and to by a request's body.
MaterializeOptions range_of(const Body& body, bool incremental) {
  MaterializeOptions out;
  if (incremental) {
    out.to = time_in(body.text("end_ts"), "end_ts");
    return out;
  }
  out.all_times = body.flag("disable_event_timestamp", false);
  if (out.all_times) return out;
  const auto start = body.text_if("start_ts"), end = body.text_if("end_ts");
  if (!start || !end)
    throw input_error("\"start_ts\" and \"end_ts\" are needed unless \"disable_event_timestamp\" is true");
  out.from = time_in(*start, "start_ts");
  out.to = time_in(*end, "end_ts");
  if (*out.from >= *out.to) throw input_error(fmt::format("\"start_ts\" {} is not before \"end_ts\" {}", *start, *end));
  return out;
}

std::vector<std::string> views_in(const Body& body, const Registry& registry) {
  auto names = body.texts("feature_views");
  if (names.empty())
    for (const auto& [name, view] : registry.views) names.push_back(name);
  for (const auto& name : names)
    if (!registry.views.contains(name))
      throw UnknownName(UnknownName::Kind::view, fmt::format("feature view \"{}\" does not exist", printable(name)),
                        "");
  return names;
}

web::Route route(const char* method, const char* path, Permission permission,
                 std::function<Response(const Request&)> handler) {
  web::Route out{method, path, permission, std::move(handler)};
  out.refuse = detail;
  return out;
}

// A path with a slash at the end is sent to the one without.
web::Route redirect(const web::Route& to) {
  return route(to.method.c_str(), (to.pattern + "/").c_str(), to.permission,
               [path = to.pattern](const Request& request) {
                 const auto query = request.target.find('?');
                 const std::string rest = query == std::string::npos ? "" : request.target.substr(query);
                 return Response{307, "", "", {{"Location", path + rest}}};
               });
}

}  // namespace

Response FeatureRoutes::look_up(const Request& request) {
  return guarded([&] {
    const Body body(request);
    const auto& columns = body.columns("entities");
    const Asked asked{body.text_if("feature_service").value_or(""), body.texts("features"),
                      body.flag("full_feature_names", false)};
    const auto lookup = catalog_.lookup(asked);
    const Entities entities = read_entities(columns, *lookup);
    if (entities.rows.rows * lookup->names().size() > k_most_values)
      throw web::Refusal(413, fmt::format("{} rows of {} features are more than one answer holds", entities.rows.rows,
                                          lookup->names().size()));
    return web::json_response(answer_json(*lookup, entities, &store_, request.received,
                                          body.flag("include_feature_view_version_metadata", false)));
  });
}

Response FeatureRoutes::push(const Request& request) {
  return guarded([&] {
    const Body body(request);
    const std::string source = body.text("push_source_name");
    const auto& df = body.object("df");
    const std::string to = body.text_if("to").value_or("online");
    if (!body.flag("allow_registry_cache", true)) catalog_.follow();
    const auto target = parse_target(to);
    if (!target)
      throw input_error(fmt::format("\"to\" is \"{}\": it is online, offline or online_and_offline", printable(to)));
    const auto registry = catalog_.registry();
    feature::push(store_, push_views(*registry, source), columns_of(df), *target);
    return empty();
  });
}

Response FeatureRoutes::write_online(const Request& request) {
  return guarded([&] {
    const Body body(request);
    const std::string name = body.text("feature_view_name");
    const auto& df = body.object("df");
    if (!body.flag("allow_registry_cache", true)) catalog_.follow();
    const auto registry = catalog_.registry();
    const auto found = registry->views.find(name);
    if (found == registry->views.end())
      return refusal(404, "FeastObjectNotFoundException",
                     fmt::format("feature view \"{}\" does not exist", printable(name)));
    feature::push(store_, {&found->second.view}, columns_of(df), Target::online);
    return null();
  });
}

Response FeatureRoutes::start_materializing(std::vector<std::string> views,
                                            std::function<void(const std::stop_token&)> work, bool force) {
  const std::lock_guard lock(background_mutex_);
  if (running_ > 0 && !force) return detail(409, "a materialization is running; force=true starts another one");
  if (running_ == 0) background_.clear();
  ++running_;
  background_.emplace_back([this, work = std::move(work)](const std::stop_token& stop) {
    try {
      work(stop);
    } catch (const Error& error) {
      if (tell) tell("materialization in the background: " + error.message());
    } catch (const std::exception& error) {
      if (tell) tell(std::string("materialization in the background: ") + error.what());
    }
    --running_;
  });
  return {202, "application/json", Json{{"status", "accepted"}, {"feature_views", views}}.dump()};
}

Response FeatureRoutes::materialize(const Request& request, bool incremental) {
  return guarded([&] {
    const Body body(request);
    const web::Query query(request.target);
    auto options = range_of(body, incremental);
    const auto registry = catalog_.registry();
    const auto views = views_in(body, *registry);
    const auto work = [this, registry, views, options](const std::stop_token& stop) {
      auto how = options;
      how.stop = stop;
      for (const auto& name : views)
        if (!stop.stop_requested()) (void)feature::materialize(store_, root_, registry->view(name).view, how);
    };
    const auto is_true = [&](const char* key) { return query.first(key).value_or("") == "true"; };
    if (is_true("async")) return start_materializing(views, work, is_true("force"));
    work({});
    return null();
  });
}

void FeatureRoutes::end() {
  const std::lock_guard lock(background_mutex_);
  background_.clear();  // asks each to stop, and waits
}

std::vector<web::Route> FeatureRoutes::table() {
  std::vector<web::Route> out{
      route("POST", "/get-online-features", Permission::infer, [this](const Request& r) { return look_up(r); }),
      route("POST", "/push", Permission::write, [this](const Request& r) { return push(r); }),
      route("POST", "/write-to-online-store", Permission::write, [this](const Request& r) { return write_online(r); }),
      route("POST", "/materialize", Permission::write, [this](const Request& r) { return materialize(r, false); }),
      route("POST", "/materialize-incremental", Permission::write,
            [this](const Request& r) { return materialize(r, true); }),
      route("GET", "/health", Permission::anyone, [this](const Request&) {
        return Response{healthy ? 200 : 503, "", ""};
      })};
  out.back().light = true;
  const std::size_t count = out.size();
  for (std::size_t i = 0; i < count; ++i) out.push_back(redirect(out[i]));
  out.push_back(route("GET", "/metrics", Permission::read, [this](const Request&) {
    return Response{200, "text/plain; version=0.0.4; charset=utf-8", (metrics ? metrics() : "") + catalog_.metrics()};
  }));
  return out;
}

}  // namespace mlops::feature
