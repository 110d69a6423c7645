#include "data/foreign/dated_source.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace mlops::data {
namespace {

std::string quote(const std::string& text) { return "\"" + printable(text) + "\""; }

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (!entry.path().filename().string().starts_with('.')) out.push_back(entry.path());
  if (error) throw system_error("cannot list " + quote(folder.string()), error.value());
  std::sort(out.begin(), out.end());
  return out;
}

// What a name on one level of folders is: two digits (four of a year), or one or two behind "month=".
struct Level {
  std::string_view unit, plural;
  std::size_t digits;
  int least, most;
};
constexpr std::array<Level, 3> k_levels{
    {{"year", "years", 4, 1970, 2199}, {"month", "months", 2, 1, 12}, {"day", "days", 2, 1, 31}}};

// The digits, filled up with zeros, and what stands behind them ("05.csv"); nullopt: the name is none of the level.
std::optional<std::string> part_of(std::string_view name, const Level& level) {
  const bool marked = name.starts_with(level.unit) && name.substr(level.unit.size()).starts_with('=');
  if (marked) name.remove_prefix(level.unit.size() + 1);
  const auto end = std::min(name.find_first_not_of("0123456789"), name.size());
  if (end == 0 || end > level.digits || (!marked && end != level.digits) || (end < name.size() && name[end] != '.'))
    return std::nullopt;
  const int number = std::stoi(std::string(name.substr(0, end)));
  if (number < level.least || number > level.most) return std::nullopt;
  return std::string(level.digits - end, '0') + std::string(name);
}

bool is_folder(const fs::path& path) { return fs::symlink_status(path).type() == fs::file_type::directory; }

// Follows years, months and days downwards.
class Folders {
 public:
  explicit Folders(std::vector<DatedSource>& out) : out_(out) {}

  void add(const fs::path& path) {
    const std::string name = path.filename().string();
    if (!add_year(path)) out_.push_back({date_in_name(name), path, name});
  }

  // False: it is no year with months in it.
  bool add_year(const fs::path& path) {
    const std::string name = path.filename().string();
    const auto year = part_of(name, k_levels[0]);
    if (!year || !is_folder(path) || !goes_on(path, name, 1)) return false;
    descend(path, name, *year, 1);
    return true;
  }

 private:
  // Whether the entries of a folder are all of the level; some of them are refused.
  static bool goes_on(const fs::path& folder, const std::string& name, std::size_t depth) {
    const auto entries = entries_of(folder);
    const auto other = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
      return !part_of(entry.filename().string(), k_levels[depth]);
    });
    if (other == entries.end()) return !entries.empty();
    const bool none = std::none_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return part_of(entry.filename().string(), k_levels[depth]).has_value();
    });
    if (!none)
      throw input_error(quote(name) + " holds " + std::string(k_levels[depth].plural) + " and " +
                            quote(other->filename().string()) + " beside them",
                        "move that elsewhere");
    return false;
  }

  void descend(const fs::path& folder, const std::string& name, const std::string& date, std::size_t depth) {
    for (const auto& entry : entries_of(folder)) {
      const std::string file = entry.filename().string(), below = name + "/" + file;
      const std::string text = date + "/" + part_of(file, k_levels[depth]).value_or(file);
      if (depth + 1 < k_levels.size() && is_folder(entry) && goes_on(entry, below, depth + 1))
        descend(entry, below, text, depth + 1);
      else
        out_.push_back({date_in_name(text), entry, below});
    }
  }

  std::vector<DatedSource>& out_;
};

}  // namespace

std::vector<DatedSource> dated_sources(const std::vector<std::string>& named) {
  std::vector<DatedSource> out;
  Folders folders(out);
  std::error_code error;
  const fs::path first = fs::canonical(named.front(), error);
  if (error) throw input_error("there is no file or directory " + quote(named.front()));
  if (named.size() == 1 && fs::is_directory(first)) {
    if (folders.add_year(first)) return out;
    const auto entries = entries_of(first);
    if (entries.empty()) throw input_error("there is nothing in " + quote(named.front()));
    for (const auto& entry : entries) folders.add(entry);
    return out;
  }
  for (const auto& one : named) {
    fs::path path = fs::absolute(one).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    path = fs::weakly_canonical(path.parent_path(), error) / path.filename();
    if (!fs::exists(fs::symlink_status(path, error)))
      throw input_error("there is no file or directory " + quote(path.string()));
    folders.add(path);
  }
  return out;
}

}  // namespace mlops::data
