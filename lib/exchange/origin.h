// Where data came from that somebody else keeps: `from:` in a pointer (share/doc/formats.md). Because a repository may
// come from anybody, an origin that it names is asked only after its user has agreed to it once, as with remotes
// (threats S1.6).
#pragma once

#include <optional>
#include <string>

namespace mlops::exchange {

struct Origin {
  enum class Kind { url, file, repository };
  Kind kind = Kind::url;
  std::string address;  // http(s) or s3 URL, an absolute path, or a repository: a path or what git takes for one
  // Of a url: what told this state of it from others when it was fetched ("" = the server says nothing).
  std::string etag;
  // Of a repository: the versioned path, the revision as it was asked for ("" = its HEAD), the commit that this was,
  // and the remote that holds its data ("" = its own default one, or its own store).
  std::string path, revision, commit, remote;
  // The first 32 digits of the id of what came then ("" = an older pointer does not say): what differs was changed
  // here.
  std::string version;
};

// What a command line means by SOURCE and, of a repository, VERSION ([REV:]PATH). Throws Error(usage) for URLs of other
// kinds, with a password, or that could be taken for an option.
Origin parse_origin(const std::string& source, const std::string& version, const std::string& remote);
// Throws Error(usage) for a URL that holds something secret in its query, which must not end in a pointer.
void refuse_secrets(const Origin& origin);
// For people: "https://host/x.csv", "../other v1:data".
std::string to_text(const Origin& origin);
// The last part of its path.
std::string name_of(const Origin& origin);

// A pointer's text with this origin in place of the one that it may have; and the origin of a pointer, nullopt where it
// has none. Throws Error(input) with file and line.
std::string with_origin(const std::string& pointer, const Origin& origin);
std::optional<Origin> origin_in(const std::string& pointer, const std::string& name);

bool agreed(const Origin& origin);
void agree(const Origin& origin);

}  // namespace mlops::exchange
