#include "exchange/remotes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/shared_folder.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "base/yaml.h"
#include "exchange/remote_place.h"

namespace mlops::exchange {
namespace {

constexpr const char* k_key = "remotes";
constexpr const char* k_default = "remote_default";
constexpr std::uint64_t k_address_limit = 1 << 20;  // bytes, as of the configuration

fs::path config_file(const data::Repository& repository) { return repository.state() / "config.yaml"; }

std::string text_of(const data::Repository& repository) {
  const fs::path file = config_file(repository);
  return fs::exists(file) ? read_file(file, 1 << 20) : "";
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '-' && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

// The file without the two keys of ours, then these anew: comments and other keys stay.
void write(const data::Repository& repository, const std::vector<NamedRemote>& all) {
  std::string out;
  bool ours = false;
  auto lines = split(text_of(repository), '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const auto& line : lines) {
    const bool top =
        !line.empty() && line.front() != ' ' && line.front() != '\t' && line.front() != '#' && line.front() != '-';
    if (top) ours = line.starts_with(std::string(k_key) + ":") || line.starts_with(std::string(k_default) + ":");
    if (!ours) out += line + "\n";
  }
  if (!all.empty()) out += std::string(k_key) + ":\n";
  for (const auto& remote : all) out += "  " + remote.name + ": {url: " + yaml_value(remote.url) + "}\n";
  for (const auto& remote : all)
    if (remote.is_default) out += std::string(k_default) + ": " + remote.name + "\n";
  replace_file(config_file(repository), out, 0644);
}

Error no_remote(const std::string& name, const std::vector<NamedRemote>& all) {
  std::vector<std::string> names;
  for (const auto& remote : all) names.push_back(remote.name);
  const std::string near = nearest(name, names);
  if (name.empty() && all.empty())
    return input_error("this repository has no remote", "mlops remote add origin /mnt/team/store");
  if (name.empty())
    return input_error("none of the remotes is the default one",
                       "name one of them: " + join(names, ", ") + ", or mlops remote default NAME");
  return input_error("there is no remote \"" + printable(name) + "\"",
                     near.empty() ? "mlops remote list shows them" : "did you mean \"" + near + "\"?");
}

void forget_cache(const data::Repository& repository, const std::string& name) {
  const fs::path folder = repository.state() / "remotes" / name;
  std::error_code problem;
  fs::remove_all(folder, problem);
  if (problem) throw system_error("cannot remove \"" + printable(folder.string()) + "\"", problem.value());
}

fs::path agreements() { return user_config_directory() / "remotes"; }

}  // namespace

std::vector<NamedRemote> remotes(const data::Repository& repository) {
  return parse_remotes(text_of(repository), ".mlops/config.yaml");
}

std::vector<NamedRemote> parse_remotes(const std::string& text, const std::string& name) {
  const YamlNode root = parse_yaml(text, name);
  const YamlNode* list = root.is_map() ? root.find(k_key) : nullptr;
  std::vector<NamedRemote> out;
  if (list == nullptr || list->is_null()) return out;
  if (!list->is_map())
    throw yaml_error(*list, text, name, "\"remotes\" must be a map of names", "origin: {url: /mnt/team/store}");
  const YamlNode* chosen = root.find(k_default);
  for (const auto& [key, value] : list->members) {
    const YamlNode* url = value.is_map() ? value.find("url") : nullptr;
    if (!is_name(key.text) || url == nullptr || !url->is_scalar())
      throw yaml_error(key, text, name, "the remote \"" + printable(key.text) + "\" has no proper name or no \"url\"");
    out.push_back({key.text, url->text, chosen != nullptr && chosen->text == key.text});
  }
  if (out.size() == 1) out.front().is_default = true;
  return out;
}

NamedRemote find_remote(const data::Repository& repository, const std::string& name) {
  const auto all = remotes(repository);
  for (const auto& remote : all)
    if (name.empty() ? remote.is_default : remote.name == name) return remote;
  throw no_remote(name, all);
}

bool add_remote(const data::Repository& repository, const std::string& name, const std::string& url) {
  if (!is_name(name))
    throw usage_error("\"" + printable(name) + "\" can't name a remote",
                      "letters, digits, - _ and ., at most 64 of them");
  const std::string kept = store::check_remote_url(url);
  const FileLock lock(repository.state() / "remotes.lock");
  auto all = remotes(repository);
  for (const auto& remote : all) {
    if (remote.name != name) continue;
    if (store::check_remote_url(remote.url) != kept)
      throw state_error("the remote \"" + name + "\" is " + printable(remote.url),
                        "mlops remote set-url " + name + " " + shell_word(url) + "   gives it another address");
    agree(kept);
    return false;
  }
  refuse_place(repository, url);
  all.push_back({name, kept, all.empty()});
  write(repository, all);
  agree(kept);
  return true;
}

void set_remote_url(const data::Repository& repository, const std::string& name, const std::string& url) {
  const std::string kept = store::check_remote_url(url);
  refuse_place(repository, url);
  const FileLock lock(repository.state() / "remotes.lock");
  auto all = remotes(repository);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const NamedRemote& remote) { return remote.name == name; });
  if (found == all.end()) throw no_remote(name, all);
  if (found->url != kept) forget_cache(repository, name);
  found->url = kept;
  write(repository, all);
  agree(kept);
}

void remove_remote(const data::Repository& repository, const std::string& name) {
  const FileLock lock(repository.state() / "remotes.lock");
  auto all = remotes(repository);
  if (std::erase_if(all, [&](const NamedRemote& remote) { return remote.name == name; }) == 0)
    throw no_remote(name, all);
  write(repository, all);
  forget_cache(repository, name);
}

void set_default(const data::Repository& repository, const std::string& name) {
  const FileLock lock(repository.state() / "remotes.lock");
  auto all = remotes(repository);
  if (std::none_of(all.begin(), all.end(), [&](const NamedRemote& remote) { return remote.name == name; }))
    throw no_remote(name, all);
  for (auto& remote : all) remote.is_default = remote.name == name;
  write(repository, all);
}

bool agreed(const std::string& url) {
  const fs::path file = agreements();
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return false;
  const auto lines = split(read_file(file, 16 << 20), '\n');
  return std::find(lines.begin(), lines.end(), store::check_remote_url(url)) != lines.end();
}

void agree(const std::string& url) {
  if (agreed(url)) return;
  const fs::path file = agreements();
  std::error_code problem;
  fs::create_directories(file.parent_path(), problem);
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd)
    throw system_error("cannot note in \"" + printable(file.string()) + "\" that you agreed to a remote", errno,
                       "XDG_CONFIG_HOME names another folder");
  write_all(fd.get(), store::check_remote_url(url) + "\n", file);
}

namespace {

void require_agreed(const NamedRemote& remote) {
  if (!agreed(remote.url))
    throw state_error(
        "this repository would have mlops talk to " + printable(remote.url) + ", which you have not agreed to yet",
        "mlops remote add " + remote.name + " " + printable(remote.url) + "   agrees to it");
}

}  // namespace

std::unique_ptr<store::Remote> open_remote(const NamedRemote& remote, const std::stop_token& stop) {
  require_agreed(remote);
  require_to_read(remote.url);
  return store::open_remote(remote.url, stop);
}

std::unique_ptr<store::Remote> open_to_push(const NamedRemote& remote, const std::stop_token& stop) {
  require_agreed(remote);
  require_to_push(remote.url);
  return store::open_remote(remote.url, stop);
}

// git may have brought another address.
fs::path cache_of(const data::Repository& repository, const NamedRemote& remote) {
  const fs::path folder = repository.state() / "remotes" / remote.name, file = folder / "address";
  const std::string address = remote.url + "\n";
  if (is_there(file) && read_file(file, k_address_limit) == address) return folder;
  if (is_there(file)) forget_cache(repository, remote.name);
  fs::create_directories(folder.parent_path());
  make_private_directory(folder);
  replace_file(file, address, 0600);
  return folder;
}

}  // namespace mlops::exchange
