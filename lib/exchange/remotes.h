// The remotes of a repository by name: `remotes:` in .mlops/config.yaml, which git carries to every clone. Because a
// repository may come from anybody, a remote is used only after its user has agreed to its address once (threats S1.6).
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "store/remote/remote.h"

namespace mlops::exchange {

namespace fs = std::filesystem;

struct NamedRemote {
  std::string name, url;
  bool is_default = false;
};

// In the order of the file. Throws Error(input) with file and line for what can't be read.
std::vector<NamedRemote> remotes(const data::Repository& repository);
// The same of such a file's text; `name` for messages.
std::vector<NamedRemote> parse_remotes(const std::string& text, const std::string& name);
// By name, "" = the default one (the only one, or `remote_default`). Throws Error(input) with the nearest name.
NamedRemote find_remote(const data::Repository& repository, const std::string& name);

// Adds it (the first becomes the default) and agrees to it; the same name and URL again only agree. False where it was
// there. Throws Error(usage) for a name or URL that can't be one, Error(state) where the name has another URL.
bool add_remote(const data::Repository& repository, const std::string& name, const std::string& url);
// Gives it another address, agrees to that, and forgets what was seen at the old one. As for add_remote.
void set_remote_url(const data::Repository& repository, const std::string& name, const std::string& url);
void remove_remote(const data::Repository& repository, const std::string& name);
void set_default(const data::Repository& repository, const std::string& name);

// Has this user agreed to the address (in their own configuration folder)?
bool agreed(const std::string& url);
void agree(const std::string& url);
// Throws Error(state) where they have not, Error(outside) where it is a directory that is not there.
std::unique_ptr<store::Remote> open_remote(const NamedRemote& remote, const std::stop_token& stop = {});
// The same to push: the directory itself may be new (remote_place.h).
std::unique_ptr<store::Remote> open_to_push(const NamedRemote& remote, const std::stop_token& stop = {});
// Where what was seen on it is kept between transfers; empty where it was seen at another address. Throws
// Error(outside).
fs::path cache_of(const data::Repository& repository, const NamedRemote& remote);

}  // namespace mlops::exchange
