#include "exchange/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/folder.h"
#include "base/process.h"
#include "base/temporary.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/revision.h"
#include "data/stock.h"
#include "data/worktree.h"
#include "exchange/look_again.h"
#include "exchange/remotes.h"
#include "exchange/upstream_object.h"
#include "store/remote/fetch.h"

namespace mlops::exchange {
namespace {

// Not all 64: what has these is a version that must stay (data/roots.h), and this one need not.
constexpr std::size_t k_version_digits = 32;

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

void refuse_larger(std::uint64_t size, const std::string& what, std::uint64_t limit) {
  if (size > limit)
    throw input_error(what + " has " + show_size(size) + ", more than the limit of " + show_size(limit),
                      "--limit SIZE allows more");
}

// Of what a version of the directory would hold.
std::uint64_t size_of(const data::Beneath& root, const std::string& directory, const std::stop_token& stop) {
  std::uint64_t size = 0;
  for (const auto& one : data::scan_directory(root, directory, data::StatCache(), stop).directories)
    for (const auto& entry : one.entries) size += entry.size;
  return size;
}

// What a repository of others says about a path: a version, the rest of the path in it, and where its bytes may be.
struct Pointed {
  store::ObjectRef object;
  std::string inside, commit;
  std::string store;                // its own, where it is on this machine
  std::vector<std::string> places;  // remotes' URLs
};

using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// `path` is versioned itself or lies in what is.
Pointed find_pointer(const ReadFile& read, const Origin& origin) {
  for (std::string above = origin.path; !above.empty(); above = data::split_path(above).first)
    if (const auto text = read(above + ".mlops"))
      return {data::parse_pointer(*text, above + ".mlops").object,
              above == origin.path ? "" : origin.path.substr(above.size() + 1),
              {},
              {},
              {}};
  throw input_error(quote(origin.path) + " is not versioned by mlops in " + to_text(origin),
                    "git clone takes what git has");
}

// The default remote in .mlops/config.yaml beside the path or above it. It comes from others: it must be agreed to.
std::optional<std::string> named_remote(const ReadFile& read, const Origin& origin) {
  for (std::string above = data::split_path(origin.path).first;; above = data::split_path(above).first) {
    if (const auto text = read(data::join_path(above, ".mlops/config.yaml")))
      for (const auto& remote : parse_remotes(*text, ".mlops/config.yaml of " + to_text(origin)))
        if (remote.is_default) return remote.url;
    if (above.empty()) return std::nullopt;
  }
}

// What HEAD names comes first: a tag may be older than the remote, or than its address.
void add_remotes(const ReadFile& read_head, const ReadFile& read, const Origin& origin, Pointed& pointed) {
  if (!origin.remote.empty()) return pointed.places.push_back(origin.remote);
  auto& places = pointed.places;
  for (const auto* one : {&read_head, &read}) {
    const auto url = *one ? named_remote(*one, origin) : std::nullopt;
    const bool asked = url && (agreed(*url) || pointed.store.empty());
    if (asked && std::find(places.begin(), places.end(), *url) == places.end()) places.push_back(*url);
  }
  std::stable_partition(places.begin(), places.end(), [](const std::string& url) { return agreed(url); });
}

// A repository on this machine: its own store is one place.
Pointed look_locally(const Origin& origin) {
  const auto other = data::Repository::open(origin.address);
  const auto git = code::Git::discover(other->root());
  const std::string revision = origin.revision.empty() ? "HEAD" : origin.revision;
  const auto commit = git ? git->commit(revision) : std::nullopt;
  if (!commit && !origin.revision.empty())
    throw input_error("there is no revision " + quote(origin.revision) + " in " + printable(origin.address));
  const auto below = git ? other->root().lexically_relative(git->work_tree()) : fs::path(".");
  const auto in = [&](const std::string& at) {
    return [&, at](const std::string& path) { return git->read(at, below == "." ? path : (below / path).string()); };
  };
  const ReadFile read = commit ? ReadFile(in(commit->id))
                               : [&](const std::string& path) { return data::Beneath(other->root()).read(path); };
  Pointed pointed = find_pointer(read, origin);
  pointed.commit = commit ? commit->id : "";
  pointed.store = (other->state() / "store").string();
  add_remotes(commit && !origin.revision.empty() ? ReadFile(in("HEAD")) : nullptr, read, origin, pointed);
  return pointed;
}

// git, by its fixed name, with nothing of this repository's and no transport that runs programs.
class GitFetch {
 public:
  GitFetch(const Origin& origin, const fs::path& folder, std::stop_token stop)
      : origin_(origin), folder_(folder), stop_(std::move(stop)) {
    if (run({"--git-dir=" + folder_.string(), "init", "-q", "--bare", "--template="}).first != 0)
      throw outside_error("git cannot make a folder for " + to_text(origin_));
    const auto [code, text] =
        run({"--git-dir=" + folder_.string(), "fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules", "--",
             origin_.address, origin_.revision.empty() ? "HEAD" : origin_.revision});
    if (code != 0)
      throw outside_error("git cannot fetch " + (origin_.revision.empty() ? "" : quote(origin_.revision) + " from ") +
                              printable(origin_.address),
                          "a branch, a tag or a whole commit hash; git's own words stand above");
  }

  // Nothing where that can't be had: what was asked for is.
  std::optional<std::string> read_head(const std::string& path) {
    if (origin_.revision.empty()) return std::nullopt;
    if (!has_head_)
      has_head_ =
          run({"--git-dir=" + folder_.string(), "fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules",
               "--no-write-fetch-head", "--", origin_.address, "HEAD:" + std::string(k_head)},
              true)
              .first == 0;
    return *has_head_ ? blob(std::string(k_head) + ":" + path) : std::nullopt;
  }

  std::string commit() {
    return std::string(trim(run({"--git-dir=" + folder_.string(), "rev-parse", "FETCH_HEAD^{commit}"}).second));
  }

  std::optional<std::string> read(const std::string& path) { return blob("FETCH_HEAD:" + path); }

 private:
  static constexpr std::string_view k_head = "refs/mlops/head";

  std::optional<std::string> blob(const std::string& name) {
    const auto [code, text] = run({"--git-dir=" + folder_.string(), "cat-file", "blob", name}, true);
    return code == 0 ? std::optional(text) : std::nullopt;
  }

  std::pair<int, std::string> run(std::vector<std::string> words, bool quiet = false) {
    ProcessOptions options;
    options.argv = {"git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "gc.auto=0"};
    options.argv.insert(options.argv.end(), words.begin(), words.end());
    options.environment = {{"GIT_ALLOW_PROTOCOL", "file:https:http:ssh"}, {"GIT_TERMINAL_PROMPT", "0"}};
    options.stop = stop_;
    options.output_limit = 64 << 20;
    std::string out;
    options.on_output = [&](std::string_view text) { out += text; };
    if (quiet) options.on_error = [](std::string_view) {};
    const auto result = run_process(options);
    if (result.stopped) throw state_error("interrupted before anything was changed");
    return {result.exit_code, out};
  }

  const Origin& origin_;
  fs::path folder_;
  std::stop_token stop_;
  std::optional<bool> has_head_;  // nullopt: not asked for yet
};

Pointed look_with_git(const Origin& origin, const TemporaryFolder& scratch, const std::stop_token& stop) {
  GitFetch git(origin, scratch.path() / "git", stop);
  const ReadFile read = [&](const std::string& path) { return git.read(path); };
  Pointed pointed = find_pointer(read, origin);
  pointed.commit = git.commit();
  add_remotes([&](const std::string& path) { return git.read_head(path); }, read, origin, pointed);
  if (pointed.places.empty())
    throw state_error(to_text(origin) + " names no remote, so its data is nowhere to be had",
                      "--remote URL, if you know one");
  return pointed;
}

void refuse_unasked(const Origin& origin, const std::string& place) {
  if (place == origin.remote || agreed(place)) return;
  throw state_error(
      printable(origin.address) + " keeps its data at " + printable(place) + ", which you have not agreed to yet",
      "--remote " + printable(place) + "   agrees to it");
}

// From one place after the other, until nothing is missing.
void fetch_pointed(data::Repository& repository, const Origin& origin, const Pointed& pointed,
                   const TemporaryFolder& scratch, const DownloadOptions& options) {
  store::TransferOptions transfer;
  transfer.progress = options.progress;
  transfer.stop = options.stop;
  std::vector<std::string> missing{origin.path};
  const auto fetch_from = [&](const std::string& place) {
    look_again([&] {
      const auto remote = store::open_remote(place, options.stop);
      const store::Catalogue catalogue(*remote, scratch.path() / random_hex(8));
      missing = store::fetch_objects(repository.store(), *remote, catalogue,
                                     {{pointed.object.id, origin.path, pointed.inside}}, transfer)
                    .missing;
    });
  };
  if (!pointed.store.empty()) fetch_from(pointed.store);
  for (const auto& place : pointed.places) {
    if (missing.empty()) break;
    refuse_unasked(origin, place);
    try {
      fetch_from(place);
    } catch (const Error& error) {  // an address of before, perhaps
      if (&place == &pointed.places.back() || options.stop.stop_requested()) throw;
    }
  }
  repository.store().refresh();
  if (!missing.empty())
    throw state_error(quote(missing.front()) + " of " + to_text(origin) + " is not where its data is kept",
                      "whoever made it can push it");
}

// A path of this machine in whose folder is one; bare ones and those of other machines are git's to fetch.
bool has_repository(const std::string& address) {
  std::error_code ignored;
  return fs::is_directory(fs::path(address) / ".mlops", ignored);
}

std::optional<Imported> from_repository(data::Repository& repository, const Origin& origin,
                                        const ImportOptions& options) {
  const TemporaryFolder scratch(repository.state() / "tmp");
  const Pointed pointed =
      has_repository(origin.address) ? look_locally(origin) : look_with_git(origin, scratch, options.download.stop);
  if (!origin.commit.empty() && origin.commit == pointed.commit) return std::nullopt;
  if (pointed.inside.empty()) refuse_larger(pointed.object.size, to_text(origin), options.download.limit);
  fetch_pointed(repository, origin, pointed, scratch, options.download);
  require_kind(repository.store(), pointed.object, to_text(origin));
  const auto entry = data::descend(repository.store(), pointed.object, pointed.inside);
  if (!entry) throw input_error("there is no " + quote(origin.path) + " in " + to_text(origin));
  if (entry->mode == store::Mode::link)
    throw input_error(quote(origin.path) + " is a link there", "take the directory that it is in");
  refuse_larger(entry->size, to_text(origin), options.download.limit);
  const auto kind = entry->mode == store::Mode::directory ? store::Kind::tree : store::Kind::file;
  Imported out{{kind, entry->id, entry->size, entry->files}, origin};
  require_as_said(repository.store(), out.object, to_text(origin));
  out.origin.commit = pointed.commit;
  return out;
}

struct stat state_of(int fd, const std::string& name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at " + quote(name), errno);
  return info;
}

store::ObjectRef put(data::Repository& repository, int fd, const std::string& name) {
  if (::lseek(fd, 0, SEEK_SET) != 0) throw system_error("cannot read a temporary file", errno);
  const auto writer = repository.store().writer();
  const auto object = writer->put_file(fd, name);
  writer->commit();
  return object;
}

std::optional<Imported> from_url(data::Repository& repository, const Origin& origin, const ImportOptions& options) {
  const TemporaryFolder scratch(repository.state() / "tmp");
  const fs::path file = scratch.path() / "file";
  const Fd fd = open_file(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  DownloadOptions download = options.download;
  download.etag = origin.etag;
  const Downloaded got = exchange::download(origin.address, fd.get(), download);
  if (got.unchanged) return std::nullopt;
  Imported out{put(repository, fd.get(), to_text(origin)), origin};
  out.origin.etag = got.etag;
  return out;
}

std::optional<Imported> from_file(data::Repository& repository, const Origin& origin, const ImportOptions& options) {
  const fs::path path = origin.address;
  struct stat info {};
  if (!is_there(path)) throw input_error("there is no file or directory " + quote(origin.address));
  if (::stat(path.c_str(), &info) != 0) throw system_error("cannot look at " + quote(origin.address), errno);
  if (S_ISDIR(info.st_mode)) {
    const fs::path real = fs::canonical(path);
    if (!real.has_relative_path()) throw input_error("the root of the machine can't be taken as data");
    const data::Beneath root(real.parent_path());
    refuse_larger(size_of(root, real.filename().string(), options.download.stop), quote(origin.address),
                  options.download.limit);
    // Never a link of the store, whatever store.link says: the directory is somebody else's business.
    const data::SnapshotOptions taking{true, options.download.progress, options.download.stop, store::Link::automatic};
    const auto writer = repository.store().writer();
    const auto object = data::Stock(repository, root, taking, writer.get()).take_directory(real.filename().string());
    if (options.download.stop.stop_requested()) throw state_error("interrupted before anything was changed");
    writer->commit();
    return Imported{object, origin};
  }
  const Fd fd = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!S_ISREG(info.st_mode)) throw input_error(quote(origin.address) + " is no file or directory");
  refuse_larger(static_cast<std::uint64_t>(info.st_size), quote(origin.address), options.download.limit);
  const auto before = file_stat(state_of(fd.get(), origin.address));
  const auto object = put(repository, fd.get(), origin.address);
  if (file_stat(state_of(fd.get(), origin.address)) != before)
    throw input_error(quote(origin.address) + " changes while it is read",
                      "wait until nothing writes to it, then run the command again");
  return Imported{object, origin};
}

}  // namespace

std::optional<Imported> fetch_origin(data::Repository& repository, const Origin& origin, const ImportOptions& options) {
  const auto fetch = origin.kind == Origin::Kind::repository ? from_repository
                     : origin.kind == Origin::Kind::url      ? from_url
                                                             : from_file;
  auto out = fetch(repository, origin, options);
  if (out) out->origin.version = out->object.id.hex().substr(0, k_version_digits);
  if (out && !options.sha256.empty() && out->object.id.hex() != options.sha256)
    throw input_error(to_text(origin) + " is " + out->object.id.hex() + ", not what --sha256 says");
  return out;
}

}  // namespace mlops::exchange
