#include "data/bases.h"

#include "base/error.h"
#include "base/file.h"
#include "data/beneath.h"

namespace mlops::data {
namespace {

// The file: this line, then `tree HEX PATH` or `file HEX PATH`, each ended by a zero byte.
constexpr std::string_view k_first_line = "mlops bases 1\n";
constexpr std::size_t k_path_at = 5 + 64 + 1;
constexpr std::uint64_t k_limit = std::uint64_t{1} << 28;

fs::path bases_file(const Repository& repository) { return repository.stat_cache_file().replace_filename("bases"); }

std::string encode(const std::map<std::string, ObjectRef>& bases) {
  std::string out(k_first_line);
  for (const auto& [path, version] : bases)
    out += (version.kind == store::Kind::tree ? "tree " : "file ") + version.id.hex() + " " + path + '\0';
  return out;
}

std::optional<std::pair<std::string, ObjectRef>> decode(std::string_view line) {
  const bool tree = line.starts_with("tree ");
  if (line.size() <= k_path_at || line[k_path_at - 1] != ' ' || (!tree && !line.starts_with("file ")))
    return std::nullopt;
  const auto id = Id::from_hex(line.substr(5, 64));
  if (!id) return std::nullopt;
  return std::pair(std::string(line.substr(k_path_at)),
                   ObjectRef{tree ? store::Kind::tree : store::Kind::file, *id, 0, 1});
}

// Empty where anything is wrong.
std::map<std::string, ObjectRef> decode_all(std::string_view text) {
  std::map<std::string, ObjectRef> out;
  if (!text.starts_with(k_first_line)) return {};
  for (text.remove_prefix(k_first_line.size()); !text.empty();) {
    const auto end = text.find('\0');
    auto one = end == std::string_view::npos ? std::nullopt : decode(text.substr(0, end));
    if (!one) return {};
    out.insert(std::move(*one));
    text.remove_prefix(end + 1);
  }
  return out;
}

bool same(const std::optional<ObjectRef>& one, const ObjectRef& other) {
  return one && one->kind == other.kind && one->id == other.id;
}

}  // namespace

// What a writer changes.
class BasesEdit {
 public:
  explicit BasesEdit(Bases& bases) : bases_(bases) {}

  [[nodiscard]] const Bases& now() const { return bases_; }

  void erase(const std::string& path) {
    bases_.bases_.erase(path);
    const std::string below = path + "/";
    auto at = bases_.bases_.lower_bound(below);
    while (at != bases_.bases_.end() && at->first.starts_with(below)) at = bases_.bases_.erase(at);
  }

  void set(const std::string& tracked, const std::string& path, const ObjectRef& version) {
    erase(path);
    if (!bases_.level(tracked, path, version))
      bases_.bases_.insert_or_assign(path, ObjectRef{version.kind, version.id, 0, 1});
  }

  void move(const std::string& from, const std::string& to) {
    std::map<std::string, ObjectRef> moved;
    for (const auto& [path, version] : bases_.bases_)
      if (is_in(path, from)) moved.emplace(to + path.substr(from.size()), version);
    erase(from);
    erase(to);
    bases_.bases_.merge(moved);
  }

 private:
  Bases& bases_;
};

namespace {

// Like the stat cache: one that can't be written is no reason to fail.
template <class Work>
void edit(const Repository& repository, const Work& work) {
  try {
    const FileLock lock(repository.lock_file());
    Bases bases = Bases::load(repository);
    const auto before = encode(bases.all());
    BasesEdit change(bases);
    work(change);
    if (const auto after = encode(bases.all()); after != before)
      replace_file(bases_file(repository), after, 0600, false);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::outside) throw;
  }
}

}  // namespace

Bases Bases::load(const Repository& repository) {
  Bases out;
  try {
    if (fs::exists(bases_file(repository))) out.bases_ = decode_all(read_file(bases_file(repository), k_limit));
  } catch (const Error&) {  // then nobody knows
  } catch (const fs::filesystem_error&) {
  }
  return out;
}

std::optional<ObjectRef> Bases::find(const std::string& tracked, const std::string& path) const {
  for (std::string at = path;; at = split_path(at).first) {
    if (const auto found = bases_.find(at); found != bases_.end()) return found->second;
    if (at.size() <= tracked.size()) return std::nullopt;
  }
}

bool Bases::level(const std::string& tracked, const std::string& path, const ObjectRef& pointer) const {
  return same(find(tracked, path), pointer);
}

void set_base(const Repository& repository, const std::string& tracked, const std::string& path,
              const ObjectRef& version) {
  edit(repository, [&](BasesEdit& bases) { bases.set(tracked, path, version); });
}

void advance_base(const Repository& repository, const std::string& tracked, const std::string& path,
                  const ObjectRef& before, const ObjectRef& after) {
  edit(repository, [&](BasesEdit& bases) {
    bases.set(tracked, bases.now().level(tracked, tracked, before) ? tracked : path, after);
  });
}

void move_base(const Repository& repository, const std::string& from, const std::string& to) {
  edit(repository, [&](BasesEdit& bases) { bases.move(from, to); });
}

void drop_base(const Repository& repository, const std::string& path) {
  edit(repository, [&](BasesEdit& bases) { bases.erase(path); });
}

}  // namespace mlops::data
