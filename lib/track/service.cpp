#include "track/service.h"

#include "track/importer.h"
#include "track/registry_view.h"

namespace mlops::track {
namespace {

thread_local Caller* t_caller = nullptr;

std::function<web::Response(const web::Request&)> handler_of(Service& service, const Endpoint& endpoint) {
  return [&service, call = endpoint.call, names = endpoint.names](const web::Request& request) {
    try {
      return web::json_response(call(service, Fields::of(request, names)));
    } catch (const ApiError& error) {
      return error_response(error.status, error.code, error.message());
    }
  };
}

}  // namespace

Service::Service(data::Repository& repository)
    : repository_(repository), registry_(std::make_unique<RegistryView>(*this)) {}

void Service::open() {
  std::call_once(opened_, [&] {
    writing_ = std::make_unique<meta::TrackingTables>(repository_.database());
    commits_ = std::make_unique<Commits>(*writing_);
  });
}

Service::~Service() = default;

void Service::read_now(const std::function<void(meta::TrackingTables&)>& work) {
  std::unique_ptr<meta::TrackingTables> tables;
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      tables = std::move(readers_.back());
      readers_.pop_back();
    }
  }
  if (tables == nullptr) tables = std::make_unique<meta::TrackingTables>(repository_.database());
  tables->read([&] { work(*tables); });
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < 4) readers_.push_back(std::move(tables));
}

void Service::read(const std::function<void(meta::TrackingTables&)>& work) {
  bool news = false;
  read_now([&](meta::TrackingTables& tables) {
    news = tables.has_news();
    if (!news) work(tables);
  });
  if (!news) return;
  catch_up();
  read_now(work);
}

void Service::write(const std::function<void(meta::TrackingTables&)>& work) {
  open();
  commits_->run([&] { work(*writing_); });
}

void Service::catch_up() {
  bool news = true;
  while (news) write([&](meta::TrackingTables& tables) { news = import_news(repository_, tables, 200); });
}

void Service::changed() {
  const std::lock_guard lock(change_mutex);
  changed_ = true;
  change_.notify_all();
}

void Service::wait_for_change(std::unique_lock<std::mutex>& lock, Micros until, const std::stop_token& stop) {
  const auto limit = std::chrono::microseconds(std::max<Micros>(0, until - now_micros()));
  change_.wait_for(lock, stop, limit, [&] { return changed_; });
  changed_ = false;
}

Caller* current_caller() { return t_caller; }
CallerScope::CallerScope(Caller* caller) : before_(std::exchange(t_caller, caller)) {}
CallerScope::~CallerScope() { t_caller = before_; }

std::vector<web::Route> routes_of(Service& service, const std::vector<Endpoint>& endpoints) {
  std::vector<web::Route> out;
  for (const auto& endpoint : endpoints)
    for (const char* prefix : {"/api", "/ajax-api"}) {
      web::Route route{endpoint.method, std::string(prefix) + endpoint.path, endpoint.permission,
                       handler_of(service, endpoint)};
      const std::string_view method = endpoint.method;
      if (method != "GET") route.content_types = {"application/json"};
      route.type_required = method == "POST" || method == "PATCH";
      route.refuse = refuse;
      out.push_back(std::move(route));
    }
  return out;
}

}  // namespace mlops::track
