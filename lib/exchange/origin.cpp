#include "exchange/origin.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/config.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "store/remote/remote.h"
#include "store/remote/s3_address.h"

namespace mlops::exchange {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool is_web(const std::string& source) { return source.starts_with("http://") || source.starts_with("https://"); }

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

std::string authority(const std::string& url) {
  const auto start = url.find("://") + 3;
  return url.substr(start, url.find_first_of("/?#", start) - start);
}

void check_url(const std::string& url) {
  if (has_control(url))
    throw usage_error("the address has blanks or control characters in it", "%20 stands for a blank");
  const std::string host = authority(url);
  if (host.empty() || host.front() == '-') throw usage_error("\"" + printable(url.substr(0, 200)) + "\" names no host");
  const auto at = host.rfind('@');
  if (at != std::string::npos &&
      (is_web(url) || url.starts_with("s3://") || host.substr(0, at).find(':') != std::string::npos))
    throw usage_error("a URL with a user or password in it is refused: it would end in files and process lists",
                      "leave them out; credentials come from the environment or the tools' own files");
  if (url.find('#') != std::string::npos)
    throw usage_error("the address has a \"#\" in it, which no server sees", "leave it and what follows out");
}

// "host:folder", as git and ssh write it.
bool is_scp_like(const std::string& source) {
  const auto colon = source.find(':');
  return colon != std::string::npos && colon > 0 && source.find('/') > colon;
}

// What git fetches from: never an option, never a transport that runs programs.
std::string checked_repository(const std::string& source) {
  std::error_code ignored;
  if (source.empty() || source.front() == '-')
    throw usage_error("\"" + printable(source) + "\" can't be a repository's address");
  if (source.find("::") != std::string::npos && !fs::exists(source, ignored))
    throw usage_error("transports that run programs are refused: \"" + printable(source) + "\"");
  if (const auto scheme = source.find("://"); scheme != std::string::npos) {
    static constexpr std::array<std::string_view, 4> k_schemes{"https", "http", "ssh", "file"};
    if (std::find(k_schemes.begin(), k_schemes.end(), source.substr(0, scheme)) == k_schemes.end())
      throw usage_error("there are no repositories of the kind \"" + printable(source.substr(0, scheme + 3)) + "\"",
                        "a path, https://, ssh:// or file://");
    if (source.substr(0, scheme) != "file") check_url(source);
    return source;
  }
  if (is_scp_like(source) && !fs::exists(source, ignored)) {
    if (has_control(source)) throw usage_error("\"" + printable(source) + "\" can't be a repository's address");
    return source;
  }
  return fs::absolute(source).lexically_normal().string();
}

std::string text_at(const YamlNode& node, const char* key, const std::string& text, const std::string& name) {
  const YamlNode* value = node.find(key);
  if (value == nullptr || value->is_null()) return "";
  if (!value->is_scalar()) throw yaml_error(*value, text, name, std::string("\"") + key + "\" is no text");
  return value->text;
}

// The pointer's lines without `from:` and what is indented below it.
std::string without_origin(const std::string& pointer) {
  std::string out;
  bool ours = false;
  auto lines = split(pointer, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const auto& line : lines) {
    if (!line.empty() && line.front() != ' ' && line.front() != '\t' && line.front() != '-')
      ours = line.starts_with("from:");
    if (!ours) out += line + "\n";
  }
  return out;
}

const char* key_of(Origin::Kind kind) {
  return kind == Origin::Kind::url ? "url" : kind == Origin::Kind::file ? "file" : "repository";
}

fs::path agreements() { return user_config_directory() / "origins"; }

// One line: control characters can't break it.
std::string agreement(const Origin& origin) {
  return printable(std::string(key_of(origin.kind)) + " " + origin.address +
                   (origin.remote.empty() ? "" : " " + origin.remote));
}

}  // namespace

Origin parse_origin(const std::string& source, const std::string& version, const std::string& remote) {
  Origin out;
  if (version.empty()) {
    if (!remote.empty())
      throw usage_error("--remote is for repositories: SOURCE, then [REV:]PATH", "mlops data import -h shows examples");
    out.kind = is_web(source) || source.starts_with("s3://") ? Origin::Kind::url : Origin::Kind::file;
    if (out.kind == Origin::Kind::url)
      check_url(source);
    else if (source.find("://") != std::string::npos)
      throw usage_error("there is no way to fetch \"" + printable(source.substr(0, source.find("://") + 3)) + "\"",
                        "http://, https://, s3://, a path; or a repository and [REV:]PATH");
    out.address = source.starts_with("s3://")     ? store::parse_s3_object(source).text()
                  : out.kind == Origin::Kind::url ? source
                                                  : fs::absolute(source).lexically_normal().string();
    return out;
  }
  out.kind = Origin::Kind::repository;
  out.address = checked_repository(source);
  const auto colon = version.find(':');
  out.revision = colon == std::string::npos ? "" : version.substr(0, colon);
  out.path = fs::path(colon == std::string::npos ? version : version.substr(colon + 1)).lexically_normal().string();
  if (out.path.ends_with('/')) out.path.pop_back();
  if (out.revision.starts_with('-') || has_control(out.revision))
    throw usage_error("\"" + printable(out.revision) + "\" can't be a revision");
  if (out.path.empty() || out.path == "." || out.path.starts_with('/') || out.path.starts_with(".."))
    throw usage_error("\"" + printable(version) + "\" names no path in a repository",
                      "REV:PATH or PATH, as seen from its top");
  if (!remote.empty()) out.remote = store::check_remote_url(remote);
  return out;
}

void refuse_secrets(const Origin& origin) {
  const auto mark = origin.kind == Origin::Kind::url && !origin.address.starts_with("s3://") ? origin.address.find('?')
                                                                                             : std::string::npos;
  if (mark == std::string::npos) return;
  for (const auto& option : split(origin.address.substr(mark + 1), '&')) {
    const std::string name = lower(option.substr(0, option.find('=')));
    for (const char* secret : {"sig", "token", "key", "secret", "pass", "auth", "credential"})
      if (name.find(secret) != std::string::npos)
        throw usage_error(
            "the address has \"" + printable(name) + "\" in it, which may be a secret and would stand in the pointer",
            "mlops data get, then mlops data add");
  }
}

std::string to_text(const Origin& origin) {
  if (origin.kind != Origin::Kind::repository) return printable(origin.address);
  return printable(origin.address + " " + (origin.revision.empty() ? "" : origin.revision + ":") + origin.path);
}

std::string name_of(const Origin& origin) {
  std::string path =
      origin.kind == Origin::Kind::repository
          ? origin.path
          : origin.address.substr(0, origin.kind == Origin::Kind::url ? origin.address.find('?') : std::string::npos);
  if (origin.kind == Origin::Kind::url && path.starts_with("s3://"))
    path = "s3://bucket/" + store::parse_s3_object(origin.address).key;  // without what stands for other characters
  while (path.ends_with('/')) path.pop_back();
  if (origin.kind == Origin::Kind::url && path.find('/', path.find("://") + 3) == std::string::npos) path.clear();
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..")
    throw usage_error(to_text(origin) + " has no name for a file", "-o PATH gives it one");
  return name;
}

std::string with_origin(const std::string& pointer, const Origin& origin) {
  std::string out = without_origin(pointer) + "from:\n";
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) out += std::string("  ") + key + ": " + yaml_value(value) + "\n";
  };
  add(key_of(origin.kind), origin.address);
  add("path", origin.path);
  add("revision", origin.revision);
  add("commit", origin.commit);
  add("remote", origin.remote);
  add("etag", origin.etag);
  add("version", origin.version);
  return out;
}

std::optional<Origin> origin_in(const std::string& pointer, const std::string& name) {
  const YamlNode root = parse_yaml(pointer, name);
  const YamlNode* from = root.is_map() ? root.find("from") : nullptr;
  if (from == nullptr || from->is_null()) return std::nullopt;
  const auto text = [&](const char* key) {
    return from->is_map() ? text_at(*from, key, pointer, name) : std::string();
  };
  const std::string url = text("url"), file = text("file"), repository = text("repository");
  if ((url.empty() ? 0 : 1) + (file.empty() ? 0 : 1) + (repository.empty() ? 0 : 1) != 1)
    throw yaml_error(*from, pointer, name, "\"from\" needs one of \"url\", \"file\" and \"repository\"");
  const std::string revision = text("revision");
  Origin out =
      parse_origin(url + file + repository,
                   repository.empty()                                                ? ""
                   : revision.empty() && text("path").find(':') == std::string::npos ? text("path")
                                                                                     : revision + ":" + text("path"),
                   text("remote"));
  if ((out.kind == Origin::Kind::url) != !url.empty())
    throw yaml_error(*from, pointer, name, "\"url\" is none, or \"file\" is one");
  out.etag = text("etag");
  out.commit = text("commit");
  out.version = text("version");
  return out;
}

bool agreed(const Origin& origin) {
  const fs::path file = agreements();
  if (!fs::exists(file)) return false;
  const auto lines = split(read_file(file, 16 << 20), '\n');
  return std::find(lines.begin(), lines.end(), agreement(origin)) != lines.end();
}

void agree(const Origin& origin) {
  if (agreed(origin)) return;
  const fs::path file = agreements();
  fs::create_directories(file.parent_path());
  const Fd fd = open_file(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  write_all(fd.get(), agreement(origin) + "\n", file);
}

}  // namespace mlops::exchange
