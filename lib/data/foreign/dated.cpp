#include "data/foreign/dated.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/diff.h"
#include "data/places.h"
#include "data/pointer_text.h"
#include "data/scan.h"
#include "data/stock.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }
std::string quote(const fs::path& path) { return quote(path.string()); }

struct stat look(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) throw input_error("there is no file or directory " + quote(path));
  return info;
}

// Bytes and files as a version counts them; a link has as many bytes as the name that it leads to.
void measure_directory(DatedVersion& version) {
  const fs::path folder = version.source.path.parent_path();
  version.size = version.files = 0;
  std::error_code ignored;
  for (const auto& directory :
       scan_directory(Beneath(folder), version.source.path.filename().string(), StatCache()).directories)
    for (const auto& entry : directory.entries) {
      if (entry.mode == store::Mode::directory) continue;
      const bool link = entry.mode == store::Mode::link;
      version.size +=
          link ? fs::read_symlink(folder / directory.path / entry.name, ignored).native().size() : entry.size;
      ++version.files;
    }
}

void measure(DatedVersion& version) {
  const auto info = look(version.source.path);
  version.directory = S_ISDIR(info.st_mode);
  version.size = static_cast<std::uint64_t>(info.st_size);
  if (version.directory)
    measure_directory(version);
  else if (!S_ISREG(info.st_mode))
    throw input_error(quote(version.source.path) + " is a link or no file, which can't be taken as a version");
}

void refuse_two_series(const DatedVersion& first, const DatedVersion& version) {
  if (version.directory != first.directory)
    throw input_error(quote(first.source.name) + " and " + quote(version.source.name) +
                          " are not both files or both directories, so they are no versions of one thing",
                      "name those of one kind");
  if (version.source.date.around != first.source.date.around)
    throw input_error(quote(first.source.name) + " and " + quote(version.source.name) +
                          " differ in more than the date, so they are no versions of one thing",
                      "name those of one series: DIR/" + printable(first.source.date.around));
}

void refuse_overlaps(const std::vector<DatedVersion>& versions) {
  for (std::size_t i = 1; i < versions.size(); ++i) {
    const auto &a = versions[i - 1], &b = versions[i];
    if (b.source.date.begin >= a.source.date.end) continue;
    const std::string both = quote(a.source.name) + " and " + quote(b.source.name);
    throw input_error(a.source.date.begin == b.source.date.begin && a.source.date.end == b.source.date.end
                          ? both + " have the same date"
                          : both + " leave open which of them is older",
                      "name the one that counts");
  }
}

std::vector<DatedVersion> find_versions(const std::vector<std::string>& named) {
  std::vector<DatedVersion> out;
  for (auto& source : dated_sources(named)) out.push_back({std::move(source), false, 0, 1, {}, {}});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.source.date.begin, b.source.date.end) < std::tie(b.source.date.begin, a.source.date.end);
  });
  for (auto& version : out) {
    measure(version);
    refuse_two_series(out.front(), version);
  }
  refuse_overlaps(out);
  return out;
}

bool is_in(const fs::path& path, const fs::path& above) {
  const auto below = path.lexically_relative(above);
  return !below.empty() && *below.begin() != "..";
}

void refuse_place(const Repository& repository, const std::string& path, const std::vector<DatedVersion>& versions) {
  Places(repository).claim(path, "--as PATH names another place");
  const fs::path place = repository.root() / path;
  for (const auto& version : versions)
    if (is_in(place, version.source.path) || is_in(version.source.path, place))
      throw input_error(quote(path) + " and " + quote(version.source.path) + " lie in each other",
                        "--as PATH names another place");
}

std::unique_ptr<code::Git> open_git(const Repository& repository) {
  auto git = code::Git::discover(repository.root());
  if (!git)
    throw state_error(
        "there is no git repository around " + quote(repository.root()) + ", and each version stays as a commit of one",
        "git init");
  if (const auto obstacle = git->cannot_commit()) throw state_error(obstacle->reason, obstacle->hint);
  return git;
}

std::string line_of(const DatedVersion& version, const std::string& path) {
  return dated_line(path) + to_utc(version.source.date.begin);
}

bool has_line(const std::string& message, const std::string& line) {
  const auto lines = split(message, '\n');
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// What git knows of the path: the commits of its dates, oldest first, and its pointer in HEAD, in the index and in the
// work tree.
struct Past {
  struct Version {
    std::string commit, message, text;
    Micros date = 0;
  };
  std::vector<Version> versions;
  std::optional<std::string> head, index, here;
};

Past read_past(const Repository& repository, code::Git& git, const std::string& path) {
  const std::string pointer = git.prefix_of(repository.root()) + path + ".mlops";
  Past past{{}, git.read("HEAD", pointer), git.staged(pointer), Beneath(repository.root()).read(path + ".mlops")};
  const std::string begin = dated_line(path);
  for (const auto& one : git.history(pointer, begin))
    for (const auto& line : split(one.message, '\n')) {
      if (!line.starts_with(begin) || !one.bytes) continue;
      const auto date = parse_time(std::string_view(line).substr(begin.size()));
      if (date && *date == one.authored * 1'000'000)
        past.versions.push_back({one.commit.id, one.message, *one.bytes, *date});
    }
  std::sort(past.versions.begin(), past.versions.end(), [](const auto& a, const auto& b) { return a.date < b.date; });
  return past;
}

// A call that was killed between its commit and the pointer leaves these one version behind.
bool may_be(const std::optional<std::string>& text, const Past& past) {
  if (text == past.head) return true;
  if (past.versions.empty() || past.head != past.versions.back().text) return false;
  return past.versions.size() > 1 ? text == past.versions[past.versions.size() - 2].text : !text;
}

void refuse_changes(const Past& past, const std::string& path) {
  const std::string pointer = quote(path + ".mlops");
  if (past.head && (past.versions.empty() || past.versions.back().text != *past.head))
    throw state_error(past.versions.empty() ? quote(path) + " is versioned already, by commits without dates"
                                            : pointer + " was changed by another commit since " +
                                                  to_utc(past.versions.back().date).substr(0, 10),
                      "--as PATH names another place");
  if (!may_be(past.here, past) || !may_be(past.index, past))
    throw state_error(pointer + " has changes that are not committed",
                      "git commit or git restore them, or --as PATH names another place");
}

// The committed ones among the versions of the plan, and that nothing new is older than they are.
void recognise(DatedPlan& plan, const Past& past) {
  for (auto& version : plan.versions) {
    const auto found = std::find_if(past.versions.begin(), past.versions.end(), [&](const auto& one) {
      return has_line(one.message, line_of(version, plan.path));
    });
    if (found != past.versions.end()) {
      version.commit = found->commit;
      version.object = parse_pointer(found->text, found->commit.substr(0, 12) + ":" + plan.path + ".mlops").object;
      if (version.object->size != version.size || version.object->files != version.files)
        throw state_error(quote(version.source.path) + " has other files or sizes than when it was made a version",
                          "git show " + found->commit.substr(0, 12) + "   was it; --as PATH names another place");
    } else if (!past.versions.empty() && version.source.date.begin <= past.versions.back().date) {
      throw state_error(quote(version.source.path) + " is older than what " + quote(plan.path) + " has already, of " +
                            to_utc(past.versions.back().date).substr(0, 10),
                        "--as PATH names another place, where all of them go");
    }
  }
  plan.committed = past.versions.size();
  if (!past.versions.empty()) plan.newest = parse_pointer(past.versions.back().text, plan.path + ".mlops").object;
}

bool has_new(const DatedPlan& plan) {
  return std::any_of(plan.versions.begin(), plan.versions.end(),
                     [](const auto& version) { return version.commit.empty(); });
}

// A kill leaves the pointer behind newer commits, and the files behind both.
bool is_version(const Past& past, const std::string& pointer, const Side& here) {
  return here.object && !here.mode &&
         std::any_of(past.versions.begin(), past.versions.end(), [&](const Past::Version& version) {
           return parse_pointer(version.text, pointer).object.id == here.object->id;
         });
}

// Files at the place that are in no version.
void refuse_files(Repository& repository, code::Git& git, const DatedPlan& plan, const Past& past) {
  const Beneath root(repository.root());
  if (!root.look(plan.path)) return;
  if (!past.here) throw state_error(quote(plan.path) + " is there already", "--as PATH names another place");
  if (git.is_tracked(git.prefix_of(repository.root()) + plan.path))
    throw state_error(quote(plan.path) + " is in git itself", "--as PATH names another place");
  if (!has_new(plan)) return;  // what is left is a checkout, which loses nothing
  const std::string pointer = plan.path + ".mlops";
  const auto object = parse_pointer(*past.here, pointer).object;
  const auto here = work_side(repository, plan.path);
  if (!is_version(past, pointer, here) && !diff(stored_side(repository, object), here, plan.path).empty())
    throw state_error(quote(plan.path) + " has changes that are in no version",
                      "mlops data status " + shell_path(plan.path) + "   shows them; mlops data checkout goes back");
}

// The source as `data add` would take it, but never linked to the store, whatever store.link says.
ObjectRef take(Repository& repository, const DatedVersion& version, const DatedOptions& options) {
  const std::string name = version.source.path.filename().string();
  const Beneath root(version.source.path.parent_path());
  const SnapshotOptions taking{true, options.progress, options.stop, store::Link::automatic};
  const auto writer = repository.store().writer();
  Stock stock(repository, root, taking, writer.get());
  const ObjectRef object =
      version.directory ? stock.take_directory(name) : stock.take_file(name, look(version.source.path));
  if (options.stop.stop_requested())
    throw state_error("interrupted; what was said to be a version stays one", "the same command goes on");
  writer->commit();
  return object;
}

class Adoption {
 public:
  Adoption(Repository& repository, DatedPlan& plan, const DatedOptions& options)
      : repository_(repository),
        plan_(plan),
        options_(options),
        git_(open_git(repository)),
        pointer_(git_->prefix_of(repository.root()) + plan.path + ".mlops") {}

  void run() {
    const FileLock alone(repository_.state() / "leases" / "adopt.lock");
    const auto lease = repository_.store().hold();
    git_->release_dead_locks();
    if (read_past(repository_, *git_, plan_.path).versions.size() != plan_.committed)
      throw state_error(quote(plan_.path) + " got versions from another process meanwhile",
                        "the same command goes on from there");
    ignore_in_git(repository_, plan_.path);
    if (plan_.newest) put_pointer(*plan_.newest);  // where a kill left it behind
    for (auto& version : plan_.versions) {
      if (!version.commit.empty()) continue;
      commit(version);
      if (options_.done) options_.done(version);
    }
    restore(repository_, *plan_.newest, plan_.path, {false, options_.progress, options_.stop, {}});
  }

 private:
  void commit(DatedVersion& version) {
    version.object = take(repository_, version, options_);
    const std::string text = pointer_text(*version.object, git_->read("HEAD", pointer_).value_or(""));
    version.commit = git_->commit_file({pointer_, text,
                                        "Add " + printable(plan_.path) + " of " + printable(version.source.date.text) +
                                            "\n\n" + line_of(version, plan_.path) + "\n",
                                        version.source.date.begin / 1'000'000});
    version.size = version.object->size;
    version.files = version.object->files;
    plan_.newest = version.object;
    put_pointer(*version.object);
  }

  void put_pointer(const ObjectRef& object) {
    write_pointer(repository_, plan_.path, object, read_pointer(repository_, plan_.path));
    if (git_->staged(pointer_) != Beneath(repository_.root()).read(plan_.path + ".mlops")) git_->stage(pointer_);
  }

  Repository& repository_;
  DatedPlan& plan_;
  const DatedOptions& options_;
  std::unique_ptr<code::Git> git_;
  std::string pointer_;
};

}  // namespace

std::string dated_line(const std::string& path) { return "Mlops-version: " + printable(path) + " "; }

DatedPlan plan_dated(Repository& repository, const std::vector<std::string>& named, const std::string& path) {
  DatedPlan plan{path, find_versions(named), {}};
  refuse_place(repository, path, plan.versions);
  const auto git = open_git(repository);
  const Past past = read_past(repository, *git, path);
  refuse_changes(past, path);
  recognise(plan, past);
  refuse_files(repository, *git, plan, past);
  return plan;
}

void adopt_dated(Repository& repository, DatedPlan& plan, const DatedOptions& options) {
  Adoption(repository, plan, options).run();
}

}  // namespace mlops::data
