// The artifact proxy: bytes in, bytes out, lists.
#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "track/artifacts.h"
#include "track/keys.h"
#include "track/runs.h"
#include "web/query.h"
#include "web/spool.h"

namespace mlops::track {
namespace {

using meta::TrackingTables;
using web::Request;
using web::Response;

constexpr std::size_t k_inline = 64 * 1024, k_piece = std::size_t{1} << 20;

const char* content_type(std::string_view path) {
  static constexpr std::pair<std::string_view, const char*> k_types[] = {
      {".txt", "text/plain"},   {".log", "text/plain"},    {".md", "text/plain"},         {".yaml", "text/plain"},
      {".yml", "text/plain"},   {".py", "text/plain"},     {".json", "application/json"}, {".csv", "text/csv"},
      {".html", "text/html"},   {".svg", "image/svg+xml"}, {".png", "image/png"},         {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},  {".gif", "image/gif"},     {".pdf", "application/pdf"},   {".zip", "application/zip"},
      {"MLmodel", "text/plain"}};
  for (const auto& [end, type] : k_types)
    if (path.ends_with(end)) return type;
  return "application/octet-stream";
}

std::string file_name_header(std::string_view path) {
  std::string out = "attachment; filename*=UTF-8''";
  for (const char c : path.substr(path.rfind('/') + 1)) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

struct Range {
  std::uint64_t first = 0, last = 0;  // both inside
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// One range of bytes (RFC 9110 §14). nullopt: send all; other forms may be ignored. Throws 416.
std::optional<Range> range_of(std::string_view header, std::uint64_t size) {
  if (!header.starts_with("bytes=")) return std::nullopt;
  header.remove_prefix(6);
  const auto dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return std::nullopt;
  const auto first = number(header.substr(0, dash)), last = number(header.substr(dash + 1));
  const bool has_last = dash + 1 < header.size();
  if ((!first && dash > 0) || (!last && has_last) || (!first && !last)) return std::nullopt;
  if (!first) {
    if (*last == 0 || size == 0)
      throw ApiError(416, "INVALID_PARAMETER_VALUE", "the range asked for is not in the file");
    return Range{size - std::min(*last, size), size - 1};
  }
  if (last && *last < *first) return std::nullopt;
  if (*first >= size)
    throw ApiError(416, "INVALID_PARAMETER_VALUE",
                   fmt::format("the file has {} bytes, and the range begins at {}", size, *first));
  return Range{*first, last ? std::min(*last, size - 1) : size - 1};
}

void add_headers(Response& response, const std::string& path, const FoundArtifact& found) {
  response.content_type = content_type(path);
  response.headers = {{"Content-Disposition", file_name_header(path)},
                      {"Accept-Ranges", "bytes"},
                      {"ETag", "\"" + found.file.hex() + "\""},
                      {"Content-Security-Policy", "sandbox; default-src 'none'"}};
}

Response send_file(Service& service, const Request& request, const std::string& path) {
  std::optional<FoundArtifact> found;
  std::string bytes;
  service.read([&](TrackingTables& tables) {
    found = find_artifact(service, tables, path);
    if (found && found->inlined) bytes = tables.artifact_bytes(path);
  });
  if (!found) throw missing(fmt::format("there is no artifact \"{}\"", printable(path)));
  if (found->directory) throw invalid(fmt::format("the artifact \"{}\" is a directory", printable(path)));
  auto& store = service.repository().store();
  if (!found->inlined) {
    store.refresh();
    if (!store.has_file(found->file))
      throw missing(fmt::format("the bytes of the artifact \"{}\" are gone: its run was deleted", printable(path)));
  }
  Response response;
  add_headers(response, path, *found);
  const auto range = range_of(request.header("Range"), found->size);
  const std::uint64_t from = range ? range->first : 0, length = range ? range->last - range->first + 1 : found->size;
  if (range) {
    response.status = 206;
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", range->first, range->last, found->size));
  }
  if (found->inlined) {
    response.body = bytes.substr(from, length);
  } else if (length <= k_piece) {
    response.body = length == 0 ? "" : store.read_range(found->file, from, length);
  } else {
    response.stream_bytes = length;
    response.stream = [&store, id = found->file, from, length](std::uint64_t offset) {
      return store.read_range(id, from + offset, std::min<std::uint64_t>(k_piece, length - offset));
    };
  }
  return response;
}

Response receive_file(Service& service, const Request& request, const std::string& path) {
  store::ObjectRef file;
  std::unique_ptr<store::Writer> writer;  // its lease holds until the row names the file
  std::optional<std::string_view> bytes;
  if (request.spooled == nullptr && request.body.size() <= k_inline) {
    file = {store::Kind::file, sha256(request.body), request.body.size(), 1};
    bytes = request.body;
  } else {
    writer = service.repository().store().writer();
    file = request.spooled != nullptr ? writer->put_file(request.spooled->file.get(), path)
                                      : writer->put_file(std::as_bytes(std::span(request.body)));
    writer->commit();
  }
  service.write([&](TrackingTables& tables) { put_artifact(service, tables, path, file, bytes); });
  return {200, "", ""};
}

Response remove_file(Service& service, const Request&, const std::string& path) {
  service.write([&](TrackingTables& tables) { remove_artifact(service, tables, path); });
  return web::json_response("{}");
}

Json files_json(const std::vector<ListedArtifact>& list, const std::string& prefix) {
  Json out = Json::array();
  for (const auto& item : list) {
    Json file{{"path", prefix + item.name}, {"is_dir", item.directory}};
    if (!item.directory) file["file_size"] = item.size;
    out.push_back(std::move(file));
  }
  return out;
}

std::string list_proxy(Service& service, const Fields& fields) {
  const std::string given = fields.text_or("path", "");
  const std::string path = trim(given).empty() || given == "/" ? "" : artifact_path(given);
  Json out = Json::object();
  service.read([&](TrackingTables& tables) {
    if (auto files = files_json(list_artifacts(service, tables, path), ""); !files.empty())
      out["files"] = std::move(files);
  });
  return dump(out);
}

std::string list_run(Service& service, const Fields& fields) {
  const std::string id = run_id_of(fields), given = fields.text_or("path", "");
  const std::string below = given.empty() ? "" : artifact_path(given);
  Json out;
  service.read([&](TrackingTables& tables) {
    const auto run = need_run(tables, id);
    out["root_uri"] = run.location;
    if (!proxied(run.location)) return;
    const std::string root = proxied_path(run.location);
    if (auto files = files_json(list_artifacts(service, tables, below.empty() ? root : root + "/" + below),
                                below.empty() ? "" : below + "/");
        !files.empty())
      out["files"] = std::move(files);
  });
  return dump(out);
}

std::string server_info(Service&, const Fields&) {
  Json out{{"store_type", "SqlStore"}};
  for (const char* absent :
       {"workspaces_enabled", "trace_archival_enabled", "multipart_uploads_enabled", "multipart_downloads_enabled",
        "presigned_upload_run_id_supported", "presigned_upload_model_id_supported"})
    out[absent] = false;
  return dump(out);
}

std::string cloud_only(Service&, const Fields&) { throw unsupported(501, "direct upload to cloud storage"); }

using Handler = Response (*)(Service&, const Request&, const std::string& path);

web::Route byte_route(Service& service, const char* method, const char* prefix, web::Permission permission,
                      Handler handler) {
  web::Route route{method, std::string(prefix) + "/2.0/mlflow-artifacts/artifacts/{path...}", permission,
                   [&service, handler](const Request& request) {
                     try {
                       return handler(service, request, artifact_path(request.parameters.at(0)));
                     } catch (const ApiError& error) {
                       return error_response(error.status, error.code, error.message());
                     }
                   }};
  route.refuse = refuse;
  return route;
}

}  // namespace

std::vector<Endpoint> artifact_endpoints() {
  using enum web::Permission;
  return {{"GET", "/2.0/mlflow-artifacts/artifacts", read, list_proxy},
          {"GET", "/2.0/mlflow/artifacts/list", read, list_run},
          {"GET", "/3.0/mlflow/server-info", read, server_info},
          {"POST", "/2.0/mlflow-artifacts/mpu/{action}/{path...}", write, cloud_only},
          {"GET", "/2.0/mlflow-artifacts/presigned/{path...}", read, cloud_only}};
}

std::vector<web::Route> artifact_routes(Service& service) {
  using enum web::Permission;
  std::vector<web::Route> out;
  for (const char* prefix : {"/api", "/ajax-api"}) {
    out.push_back(byte_route(service, "GET", prefix, read, send_file));
    out.push_back(byte_route(service, "PUT", prefix, write, receive_file));
    out.push_back(byte_route(service, "DELETE", prefix, write, remove_file));
    for (auto& route : out)
      if (route.method == "PUT") route.spool = (service.repository().state() / "tmp").string();
  }
  return out;
}

}  // namespace mlops::track
