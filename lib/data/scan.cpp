#include "data/scan.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"

namespace mlops::data {
namespace {

using Rules = std::shared_ptr<const IgnoreRules>;

constexpr std::size_t k_directories_at_once = 128, k_files_at_once = 512;

struct Name {
  std::string text;
  unsigned char type;  // DT_…
  bool operator<(const Name& other) const { return text < other.text; }
};

// A directory that is being looked at.
struct Visit {
  std::size_t index;  // in Scan::directories
  Rules rules;
  Fd fd;
};

std::vector<Name> list(int fd, const std::string& path) {
  Fd own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
  if (!stream) throw system_error("cannot list \"" + printable(path) + "\"", errno);
  own.release();
  std::vector<Name> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) throw system_error("cannot list \"" + printable(path) + "\"", errno);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != ".git" && name != ".mlops" && !is_temporary_name(name))
      names.push_back({std::string(name), entry->d_type});
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct stat look_at(int fd, const std::string& name, const std::string& path) {
  struct stat info {};
  if (::fstatat(fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("cannot look at \"" + printable(path) + "\"", errno);
  return info;
}

// Nothing for what can't be versioned.
std::optional<store::Mode> mode_of_name(int fd, const Name& name, const std::string& path) {
  if (name.type == DT_REG) return store::Mode::file;  // executable or not is seen with its size
  if (name.type == DT_DIR) return store::Mode::directory;
  if (name.type == DT_LNK) return store::Mode::link;
  return mode_of(look_at(fd, name.text, path));
}

Rules rules_in(int fd, const std::string& path, const std::vector<Name>& names, Rules above,
               const std::vector<std::string>& files) {
  for (const auto& file : files) {
    if (!std::binary_search(names.begin(), names.end(), Name{file, 0})) continue;
    if (!S_ISREG(look_at(fd, file, join_path(path, file)).st_mode)) continue;
    std::string text;
    const Fd in = open_file_at(fd, file, join_path(path, file));
    std::array<std::byte, 8192> buffer;
    while (const auto got = read_some(in.get(), buffer, file))
      text.append(reinterpret_cast<const char*>(buffer.data()), got);
    above = std::make_shared<const IgnoreRules>(path, text, std::move(above));
  }
  return above;
}

void read_directory(const Beneath& root, OddFiles odd, Visit& visit, ScanDirectory& directory) {
  visit.fd = root.open_directory(directory.path);
  const auto names = list(visit.fd.get(), directory.path);
  visit.rules = rules_in(visit.fd.get(), directory.path, names, visit.rules, ignore_files());
  directory.entries.reserve(names.size());
  for (const auto& name : names) {
    const std::string path = join_path(directory.path, name.text);
    if (visit.rules && visit.rules->ignores(path, name.type == DT_DIR)) continue;
    if (!store::valid_name(name.text))
      throw input_error("\"" + printable(path) + "\" has a name that can't be versioned",
                        "rename it, or name it in .mlopsignore");
    ScanEntry entry;
    entry.name = name.text;
    const auto mode = mode_of_name(visit.fd.get(), name, path);
    if (!mode && odd == OddFiles::refused)
      throw input_error("\"" + printable(path) + "\" is no file, directory or link and can't be versioned",
                        "remove it, or name it in .mlopsignore");
    entry.mode = mode.value_or(store::Mode::link);
    entry.odd = entry.known = !mode;
    directory.entries.push_back(std::move(entry));
  }
}

// Looks at the files among entries [from, to).
void look_at_files(const Visit& visit, ScanDirectory& directory, StatCache::Directory cached, std::size_t from,
                   std::size_t to, Micros now) {
  for (std::size_t i = from; i < to; ++i) {
    ScanEntry& entry = directory.entries[i];
    if (entry.mode == store::Mode::directory || entry.mode == store::Mode::link) continue;
    const auto info = look_at(visit.fd.get(), entry.name, join_path(directory.path, entry.name));
    if (!S_ISREG(info.st_mode))
      throw input_error("\"" + printable(join_path(directory.path, entry.name)) + "\" changes while it is read");
    entry.mode = *mode_of(info);
    entry.stat = file_stat(info);
    entry.size = entry.stat.size;
    entry.settled = settled(entry.stat, now);
    if (const auto id = cached.find(entry.name, entry.stat)) {
      entry.id = *id;
      entry.known = entry.settled = true;
    }
  }
}

struct Slice {
  std::size_t visit, from, to;
};

class Walk {
 public:
  Walk(const Beneath& root, const StatCache& cache, std::stop_token stop, OddFiles odd, Scan& scan)
      : root_(root), cache_(cache), stop_(std::move(stop)), odd_(odd), scan_(scan) {}

  void run() {
    scan_.directories.push_back({scan_.path, {}, 0});
    std::vector<Rules> rules{ignore_rules(root_, split_path(scan_.path).first, ignore_files())};
    for (std::size_t done = 0; done < scan_.directories.size() && !stop_.stop_requested();) {
      std::vector<Visit> visits;
      for (; done < scan_.directories.size() && visits.size() < k_directories_at_once; ++done)
        visits.push_back({done, rules[done], Fd()});
      look(visits);
      for (const auto& visit : visits) add_children(visit, rules);
    }
  }

 private:
  void look(std::vector<Visit>& visits) {
    parallel_for(
        visits.size(),
        [&](std::size_t i) { read_directory(root_, odd_, visits[i], scan_.directories[visits[i].index]); }, stop_);
    std::vector<StatCache::Directory> cached;
    std::vector<Slice> slices;
    for (std::size_t v = 0; v < visits.size(); ++v) {
      ScanDirectory& directory = scan_.directories[visits[v].index];
      cached.push_back(cache_.directory(directory.path));
      directory.cached = cached.back().size();
      for (std::size_t from = 0; from < directory.entries.size(); from += k_files_at_once)
        slices.push_back({v, from, std::min(from + k_files_at_once, directory.entries.size())});
    }
    const Micros now = now_micros();
    parallel_for(
        slices.size(),
        [&](std::size_t s) {
          const auto [v, from, to] = slices[s];
          look_at_files(visits[v], scan_.directories[visits[v].index], cached[v], from, to, now);
        },
        stop_);
  }

  void add_children(const Visit& visit, std::vector<Rules>& rules) {
    for (std::size_t i = 0; i < scan_.directories[visit.index].entries.size(); ++i) {
      ScanEntry& entry = scan_.directories[visit.index].entries[i];
      if (entry.mode != store::Mode::directory) continue;
      entry.directory = scan_.directories.size();
      const std::string path = join_path(scan_.directories[visit.index].path, entry.name);
      scan_.directories.push_back({path, {}, 0});
      rules.push_back(visit.rules);
    }
  }

  const Beneath& root_;
  const StatCache& cache_;
  std::stop_token stop_;
  OddFiles odd_;
  Scan& scan_;
};

}  // namespace

const ScanEntry* Scan::find(std::size_t directory, const std::string& name) const {
  const auto& entries = directories[directory].entries;
  const auto at = std::lower_bound(entries.begin(), entries.end(), name,
                                   [](const ScanEntry& e, const std::string& n) { return e.name < n; });
  return at != entries.end() && at->name == name ? &*at : nullptr;
}

Rules ignore_rules(const Beneath& root, const std::string& directory, const std::vector<std::string>& names) {
  Rules above = directory.empty() ? nullptr : ignore_rules(root, split_path(directory).first, names);
  for (const auto& name : names)
    if (const auto text = root.read(join_path(directory, name)))
      above = std::make_shared<const IgnoreRules>(directory, *text, above);
  return above;
}

Scan scan_directory(const Beneath& root, const std::string& path, const StatCache& cache, const std::stop_token& stop,
                    OddFiles odd) {
  Scan scan;
  scan.path = path;
  scan.started = now_micros();
  Walk(root, cache, stop, odd, scan).run();
  return scan;
}

std::vector<std::pair<std::size_t, std::size_t>> unknown_files(const Scan& scan) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t d = 0; d < scan.directories.size(); ++d)
    for (std::size_t e = 0; e < scan.directories[d].entries.size(); ++e) {
      const auto& entry = scan.directories[d].entries[e];
      if (!entry.known && entry.mode != store::Mode::directory) out.emplace_back(d, e);
    }
  return out;
}

}  // namespace mlops::data
