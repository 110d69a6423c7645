#include "data/bases.h"

#include "base/error.h"
#include "base/file.h"
#include "data/beneath.h"
#include "data/memory.h"
#include "data/subtrees.h"

namespace mlops::data {
namespace {

// The file: this line, then `tree HEX PATH` or `file HEX PATH`, each ended by a zero byte.
constexpr std::string_view k_first_line = "mlops bases 1\n";
constexpr std::size_t k_path_at = 5 + 64 + 1;
constexpr std::uint64_t k_limit = std::uint64_t{1} << 28;

std::optional<std::pair<std::string, ObjectRef>> decode(std::string_view line) {
  const bool tree = line.starts_with("tree ");
  if (line.size() <= k_path_at || line[k_path_at - 1] != ' ' || (!tree && !line.starts_with("file ")))
    return std::nullopt;
  const auto id = Id::from_hex(line.substr(5, 64));
  if (!id) return std::nullopt;
  return std::pair(std::string(line.substr(k_path_at)),
                   ObjectRef{tree ? store::Kind::tree : store::Kind::file, *id, 0, 1});
}

bool same(const std::optional<ObjectRef>& one, const ObjectRef& other) {
  return one && one->kind == other.kind && one->id == other.id;
}

}  // namespace

// Empty where anything is wrong.
Bases Bases::load(const fs::path& file) {
  Bases out;
  const std::string all = read_file(file, k_limit);
  std::string_view text = all;
  if (!text.starts_with(k_first_line)) return {};
  for (text.remove_prefix(k_first_line.size()); !text.empty();) {
    const auto end = text.find('\0');
    const auto one = end == std::string_view::npos ? std::nullopt : decode(text.substr(0, end));
    if (!one) return {};
    out.bases_.insert_or_assign(out.bases_.end(), one->first, Base{one->second.kind, one->second.id});
    text.remove_prefix(end + 1);
  }
  return out;
}

void Bases::save(const fs::path& file) const {
  std::string out(k_first_line);
  for (const auto& [path, base] : bases_)
    out += (base.kind == store::Kind::tree ? "tree " : "file ") + base.id.hex() + " " + path + '\0';
  replace_file(file, out, 0600, false);
}

std::optional<ObjectRef> Bases::find(const std::string& tracked, const std::string& path) const {
  const auto found = nearest(bases_, path);
  if (found == bases_.end() || found->first.size() < tracked.size()) return std::nullopt;
  return ObjectRef{found->second.kind, found->second.id, 0, 1};
}

bool Bases::level(const std::string& tracked, const std::string& path, const ObjectRef& pointer) const {
  return same(find(tracked, path), pointer);
}

void Bases::set(const std::string& tracked, const std::string& path, const ObjectRef& version) {
  drop(path);
  if (!level(tracked, path, version)) bases_.insert_or_assign(path, Base{version.kind, version.id});
}

void Bases::advance(const std::string& tracked, const std::string& path, const ObjectRef& before,
                    const ObjectRef& after) {
  set(tracked, level(tracked, tracked, before) ? tracked : path, after);
}

void Bases::move(const std::string& from, const std::string& to) {
  std::map<std::string, Base> moved;
  for (const auto& [path, base] : bases_)
    if (is_in(path, from)) moved.emplace(to + path.substr(from.size()), base);
  drop(from);
  drop(to);
  bases_.merge(moved);
}

void Bases::drop(const std::string& path) { erase_subtree(bases_, path); }

std::optional<ObjectRef> find_base(const Repository& repository, const std::string& tracked, const std::string& path) {
  return repository.memory().look([&](const Bases& bases) { return bases.find(tracked, path); });
}

bool level(const Repository& repository, const std::string& tracked, const std::string& path,
           const ObjectRef& pointer) {
  return same(find_base(repository, tracked, path), pointer);
}

void set_base(const Repository& repository, const std::string& tracked, const std::string& path,
              const ObjectRef& version) {
  repository.memory().edit([=](Bases& bases) { bases.set(tracked, path, version); });
}

void advance_base(const Repository& repository, const std::string& tracked, const std::string& path,
                  const ObjectRef& before, const ObjectRef& after) {
  repository.memory().edit([=](Bases& bases) { bases.advance(tracked, path, before, after); });
}

void move_base(const Repository& repository, const std::string& from, const std::string& to) {
  repository.memory().edit([=](Bases& bases) { bases.move(from, to); });
}

void drop_base(const Repository& repository, const std::string& path) {
  repository.memory().edit([=](Bases& bases) { bases.drop(path); });
}

}  // namespace mlops::data
