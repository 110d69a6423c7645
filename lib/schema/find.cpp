#include "schema/find.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "code/git.h"
#include "data/ignore.h"
#include "data/revision.h"
#include "store/tree.h"
#include "table/batches.h"

namespace mlops::schema {
namespace {

using data::Repository;
using store::Mode;

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

bool is_schema_file(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

bool has_wildcard(const std::string& pattern) { return pattern.find_first_of("*?[") != std::string::npos; }

// The directory above which a pattern's matches can't be: "data" of "data/*.csv", "" of "*.csv".
std::string fixed_part(const std::string& pattern) {
  const auto slash = pattern.rfind('/', pattern.find_first_of("*?["));
  return slash == std::string::npos ? "" : pattern.substr(0, slash);
}

// Either lies in the other.
bool related(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b || a.starts_with(b + "/") || b.starts_with(a + "/");
}

bool matches(const std::string& pattern, const std::string& path) {
  if (pattern == "." || path == pattern || path.starts_with(pattern + "/")) return true;
  return has_wildcard(pattern) && data::matches_glob(pattern, path);
}

// Bytes that the source itself holds.
class HeldSource : public table::Source {
 public:
  HeldSource(std::string bytes, std::string name)
      : bytes_(std::move(bytes)), source_(table::memory_source(bytes_, std::move(name))) {}
  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] std::uint64_t size() const override { return source_->size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    return source_->read(offset, buffer);
  }

 private:
  const std::string bytes_;
  std::unique_ptr<table::Source> source_;
};

using Places = std::map<std::string, TablePlace>;  // by path
using Names = std::vector<std::string>;

// A file under the name that it has in the repository.
class NamedSource : public table::Source {
 public:
  NamedSource(const fs::path& file, std::string name) : source_(table::open_source(file)), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return source_->size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    return source_->read(offset, buffer);
  }

 private:
  std::unique_ptr<table::Source> source_;
  std::string name_;
};

void add_file(const fs::path& file, const std::string& path, Places& out) {
  out[path] = {path, path, [file, path] { return std::make_unique<NamedSource>(file, path); }};
}

// Files below `directory` that look like tables, and the names of others; links and hidden ones count for nothing.
void add_directory(const fs::path& directory, const std::string& path, Places& out, Names& others) {
  std::vector<fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(directory)) entries.push_back(entry);
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    const std::string below = path.empty() || path == "." ? name : path + "/" + name;
    if (entry.is_symlink() || name.starts_with(".")) continue;
    if (entry.is_directory())
      add_directory(entry.path(), below, out, others);
    else if (entry.is_regular_file() && table::has_table_name(name))
      add_file(entry.path(), below, out);
    else if (entry.is_regular_file() && !name.ends_with(".mlops"))
      others.push_back(below);
  }
}

void add_object(const store::Store& store, const store::TreeEntry& entry, const std::string& path,
                const std::string& prefix, Places& out) {
  if (entry.mode == Mode::directory) {
    for (const auto& child : store::decode_tree(store.get(store::Kind::tree, entry.id)))
      if (child.mode == Mode::directory || (child.mode != Mode::link && table::has_table_name(child.name)))
        add_object(store, child, path.empty() ? child.name : path + "/" + child.name, prefix, out);
    return;
  }
  const std::string name = prefix + path;
  out[path] = {path, name, [&store, id = entry.id, name] { return table::store_source(store, id, name); }};
}

store::TreeEntry entry_of(const store::ObjectRef& object) {
  return {"", object.kind == store::Kind::tree ? Mode::directory : Mode::file, object.id, object.size, object.files};
}

std::unique_ptr<code::Git> git_of(const Repository& repository, const std::string& revision) {
  auto git = code::Git::discover(repository.root());
  if (!git || !git->commit(revision))
    throw input_error("there is no revision " + quote(revision) + (git ? "" : ": this is no git repository"));
  return git;
}

// The tables that git itself holds in a revision, of those that `wanted` accepts.
void add_git_files(const Repository& repository, code::Git& git, const std::string& revision,
                   const std::function<bool(const std::string&)>& wanted, Places& out) {
  const std::string prefix = git.prefix_of(repository.root());
  git.for_each_file(
      revision,
      [&](std::string_view path) {
        return path.starts_with(prefix) && table::has_table_name(std::string(path)) &&
               wanted(std::string(path.substr(prefix.size())));
      },
      [&](const std::string& full, const std::string& bytes) {
        const std::string path = full.substr(prefix.size()), name = revision + ":" + path;
        out[path] = {path, name, [bytes, name] { return std::make_unique<HeldSource>(bytes, name); }};
      });
}

// What looks like nothing but a file's name, and is not versioned, is a file that is not there.
bool may_be_version(const Repository& repository, const std::string& name) {
  if (name.find(':') != std::string::npos || name.find_first_not_of("0123456789abcdef") == std::string::npos)
    return true;
  try {
    return data::tracked_above(repository, repository.relative(name)).has_value();
  } catch (const Error&) {
    return false;  // outside of the repository
  }
}

// What was typed, relative to the current directory, as a path in the repository; as it is, where it lies outside.
std::string rooted(const Repository* repository, const std::string& typed) {
  try {
    return repository == nullptr ? typed : repository->relative(typed);
  } catch (const Error&) {
    return typed;
  }
}

std::vector<TablePlace> typed_in_order(const Repository* repository, Places places) {
  for (auto& [typed, place] : places) place.path = rooted(repository, typed);
  std::vector<TablePlace> out;
  for (auto& [typed, place] : places) out.push_back(std::move(place));
  return out;
}

std::vector<TablePlace> in_order(Places places) {
  std::vector<TablePlace> out;
  for (auto& [path, place] : places) out.push_back(std::move(place));
  return out;
}

// A link of the repository must not lead readers to files outside of it.
bool leads_out(const Repository& repository, const fs::path& path) {
  std::error_code problem;
  const fs::path root = fs::canonical(repository.root(), problem), real = fs::weakly_canonical(path, problem);
  const auto below = real.lexically_relative(root);
  return problem || below.empty() || *below.begin() == "..";
}

// What a pattern names in the work tree: files that are here, else the pointers' versions.
void add_here(Repository& repository, const std::string& pattern, Places& out, Names& passed_over) {
  const std::string fixed = has_wildcard(pattern) ? fixed_part(pattern) : pattern;
  Places found;
  Names others;
  const fs::path at = repository.root() / fixed;
  std::error_code ignored;
  if (leads_out(repository, at)) return;
  if (fs::is_directory(at, ignored))
    add_directory(at, fixed, found, others);
  else if (fs::exists(at, ignored))
    add_file(at, fixed, found);
  for (const auto& [tracked, object] : data::pointers_here(repository)) {
    if (!related(tracked, fixed) || fs::exists(repository.root() / tracked, ignored)) continue;
    add_object(repository.store(), entry_of(object), tracked, "", found);
  }
  for (auto& [path, place] : found)
    if (matches(pattern, path)) out[path] = std::move(place);
  for (auto& path : others)
    if (matches(pattern, path)) passed_over.push_back(std::move(path));
}

Error no_table(const Schema& schema, const Names& patterns, const Names& passed_over) {
  return input_error(
      "\"" + printable(schema.file) + "\" speaks of " + printable(join(patterns, ", ")) + ", and no such table is here",
      passed_over.empty()
          ? "mlops data checkout brings versioned ones back"
          : quote(passed_over.front()) +
                " is no table by its name: those end in .csv, .tsv, .jsonl, .parquet, .arrow and the like");
}

// A job that no longer writes one of its tables must not pass for one that does.
void need_every_one(const Schema& schema, const Places& found, const Names& passed_over) {
  Names missing;
  for (const auto& pattern : schema.data)
    if (!has_wildcard(pattern) &&
        std::none_of(found.begin(), found.end(), [&](const auto& one) { return matches(pattern, one.first); }))
      missing.push_back(pattern);
  if (!missing.empty() || found.empty()) throw no_table(schema, missing.empty() ? schema.data : missing, passed_over);
}

}  // namespace

std::vector<Schema> schemas_here(const Repository& repository) {
  const fs::path folder = repository.root() / k_schema_folder;
  std::error_code ignored;
  std::vector<std::string> names;
  if (fs::is_directory(fs::symlink_status(folder, ignored)))
    for (const auto& entry : fs::directory_iterator(folder))
      if (!entry.is_symlink() && is_schema_file(entry.path().filename().string()))
        names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  std::vector<Schema> out;
  for (const auto& name : names)
    out.push_back(parse_schema(read_file(folder / name, k_schema_file_limit), k_schema_folder + ("/" + name)));
  return out;
}

std::vector<Schema> schemas_of(const Repository& repository, const std::string& revision) {
  const auto git = git_of(repository, revision);
  const std::string folder = git->prefix_of(repository.root()) + k_schema_folder + "/";
  std::map<std::string, std::string> files;
  git->for_each_file(
      revision,
      [&](std::string_view path) {
        return path.starts_with(folder) && is_schema_file(path) &&
               path.find('/', folder.size()) == std::string_view::npos;
      },
      [&](const std::string& path, const std::string& bytes) { files[path.substr(folder.size())] = bytes; });
  std::vector<Schema> out;
  for (const auto& [name, text] : files)
    out.push_back(parse_schema(text, revision + ":" + k_schema_folder + "/" + name));
  return out;
}

bool speaks_of(const Schema& schema, const std::string& path) {
  return std::any_of(schema.data.begin(), schema.data.end(),
                     [&](const auto& pattern) { return matches(pattern, path); });
}

std::vector<TablePlace> tables_at(Repository* repository, const std::string& name, Names* passed_over) {
  Places out;
  Names others;
  std::error_code ignored;
  if (fs::is_directory(name, ignored)) {
    add_directory(name, fs::path(name).lexically_normal().generic_string(), out, others);
    if (passed_over != nullptr) std::move(others.begin(), others.end(), std::back_inserter(*passed_over));
    if (out.empty())
      throw input_error("there is no table in " + quote(name),
                        "tables end in .csv, .tsv, .jsonl, .parquet, .arrow and the like");
    return typed_in_order(repository, std::move(out));
  }
  if (fs::exists(name, ignored) || repository == nullptr || !may_be_version(*repository, name)) {
    (void)table::open_source(name);  // says what is wrong with it
    add_file(name, name, out);
    return typed_in_order(repository, std::move(out));
  }
  bool is_digits = false;
  try {
    const auto located = data::locate(*repository, name);
    const auto colon = name.find(':');
    const std::string prefix = colon == std::string::npos || located.path.empty() ? "" : name.substr(0, colon + 1);
    const std::string path = located.path.empty() ? name : located.path;
    is_digits = located.path.empty();
    add_object(repository->store(), entry_of(located.object), path, prefix, out);
  } catch (const Error& error) {
    // Not in mlops, but perhaps in git.
    const auto colon = name.find(':');
    const std::string revision = name.substr(0, colon);
    if (error.kind() != ErrorKind::input || colon == std::string::npos || !data::is_revision(*repository, revision))
      throw;
    const std::string path = fs::path(name.substr(colon + 1)).lexically_normal().generic_string();
    add_git_files(
        *repository, *git_of(*repository, revision), revision,
        [&](const std::string& one) { return matches(path, one); }, out);
    if (out.empty()) throw;
  }
  if (out.empty())
    throw input_error("there is no table in " + quote(name),
                      "tables end in .csv, .tsv, .jsonl, .parquet, .arrow and the like");
  if (is_digits)
    for (auto& [path, place] : out) place.path.clear();
  return in_order(std::move(out));
}

std::vector<TablePlace> tables_of(Repository& repository, const Schema& schema, const std::string& revision,
                                  Names* passed_over) {
  Places out;
  Names others;
  if (revision.empty()) {
    for (const auto& pattern : schema.data) add_here(repository, pattern, out, others);
    need_every_one(schema, out, others);
    if (passed_over != nullptr) std::move(others.begin(), others.end(), std::back_inserter(*passed_over));
    return in_order(std::move(out));
  }
  const auto git = git_of(repository, revision);
  const auto wanted = [&](const std::string& path) { return speaks_of(schema, path); };
  add_git_files(repository, *git, revision, wanted, out);
  for (const auto& [tracked, object] : data::pointers_of(repository, revision)) {
    Places found;
    const bool may = std::any_of(schema.data.begin(), schema.data.end(), [&, path = tracked](const auto& pattern) {
      return related(path, has_wildcard(pattern) ? fixed_part(pattern) : pattern);
    });
    if (may) add_object(repository.store(), entry_of(object), tracked, revision + ":", found);
    for (auto& [path, place] : found)
      if (wanted(path)) out[path] = std::move(place);
  }
  need_every_one(schema, out, {});
  return in_order(std::move(out));
}

}  // namespace mlops::schema
