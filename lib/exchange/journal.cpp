#include "exchange/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/shared_folder.h"
#include "base/text.h"
#include "base/time.h"
#include "store/remote/transfers.h"

namespace mlops::exchange {
namespace {

constexpr std::uint64_t k_journal_limit = 256 << 20;
constexpr const char* k_folder = "journal/";
constexpr int k_most_names = 100;                    // that are taken, one after the other
constexpr std::uint64_t k_most_number = 90'000'000;  // leaves some to older programs, which take the next one

// "journal/CLONE/NUMBER" of eight digits; anything else there is nobody's.
bool is_journal(const std::string& name) {
  const auto parts = split(name, '/');
  const auto digits = [](const std::string& text, const char* allowed) {
    return text.find_first_not_of(allowed) == std::string::npos;
  };
  return parts.size() == 3 && parts[1].size() == 32 && digits(parts[1], "0123456789abcdef") && parts[2].size() == 8 &&
         digits(parts[2], "0123456789");
}

// Not the next one: where a remote was emptied or restored, and wherever a copy of this clone has pushed, the next one
// is a name that others have read with other records in it.
std::uint64_t random_number() { return 1 + std::stoull(random_hex(12), nullptr, 16) % k_most_number; }

std::vector<std::string> lines_of(const fs::path& file) {
  if (!fs::exists(file)) return {};
  auto lines = split(read_file(file), '\n');
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  return lines;
}

}  // namespace

Journal::Journal(const store::Remote& remote, fs::path folder, bool afresh)
    : folder_(std::move(folder)), afresh_(afresh) {
  fs::create_directories(folder_.parent_path());
  make_private_directory(folder_);
  if (!afresh) recall();
  auto items = remote.list(k_folder);
  std::erase_if(items, [&](const auto& item) { return !is_journal(item.name); });
  forget_unless_in(items);
  std::erase_if(items, [&](const auto& item) { return known_.contains(item.name); });
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<std::vector<Id>> records(items.size());
  store::transfer_each(remote, items, [&](std::size_t i) { records[i] = read(remote, items[i]); });
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const auto& id : records[i])
      if (shared_.insert(id).second) fresh_.push_back(id);
    fresh_names_.push_back(std::move(items[i].name));
  }
}

// "journals", which older programs keep, has names alone: they may be those of other journals by now.
void Journal::recall() {
  for (const auto& line : lines_of(folder_ / "read")) {
    const auto space = line.find(' ');
    std::uint64_t size = 0;
    if (space == std::string::npos) continue;
    if (std::from_chars(line.data() + space + 1, line.data() + line.size(), size).ec != std::errc{}) continue;
    known_[line.substr(0, space)] = size;
  }
  if (known_.empty()) return;
  for (const auto& line : lines_of(folder_ / "records"))
    if (const auto id = Id::from_hex(line)) shared_.insert(*id);
}

void Journal::forget_unless_in(const std::vector<store::Remote::Item>& items) {
  for (const auto& item : items) sizes_[item.name] = item.size;
  forgotten_ = std::any_of(known_.begin(), known_.end(), [&](const auto& one) {
    const auto there = sizes_.find(one.first);
    return there == sizes_.end() || there->second != one.second;
  });
  if (!forgotten_) return;
  known_.clear();
  shared_.clear();
}

std::set<std::string> Journal::clones() const {
  std::set<std::string> out;
  const auto add = [&](const std::string& name) {
    if (is_journal(name)) out.insert(split(name, '/')[1]);
  };
  for (const auto& [name, size] : known_) add(name);
  for (const auto& name : fresh_names_) add(name);
  return out;
}

std::vector<Id> Journal::read(const store::Remote& remote, const store::Remote::Item& item) {
  if (item.size > k_journal_limit)
    throw state_error(item.name + " on " + printable(remote.url()) + " is larger than a journal may be");
  return parse_journal(remote.read(item.name, 0, item.size), item.name + " on " + printable(remote.url()));
}

std::vector<Id> parse_journal(std::string_view text, const std::string& name) {
  const Json journal = parse_json(text, name);
  const Json records = journal.is_object() ? journal.value("records", Json::array()) : Json::array();
  std::vector<Id> out;
  for (const auto& record : records) {
    const auto id = record.is_string() ? Id::from_hex(record.get_ref<const std::string&>()) : std::nullopt;
    if (!id) throw state_error(name + " is no journal");
    out.push_back(*id);
  }
  return out;
}

// Records before names: cut between the two, a journal is read again, which changes nothing. What another process has
// remembered meanwhile stays.
void Journal::remember() {
  if (fresh_names_.empty() && !forgotten_) return;
  const FileLock lock(folder_ / "lock");
  if (!afresh_ && !forgotten_) recall();
  std::string records, names;
  for (const auto& id : shared_) records += id.hex() + "\n";
  for (const auto& name : fresh_names_) known_[name] = sizes_.at(name);
  for (const auto& [name, size] : known_) names += name + " " + std::to_string(size) + "\n";
  replace_file(folder_ / "records", records, 0600);
  replace_file(folder_ / "read", names, 0600);
  fresh_names_.clear();
  fresh_.clear();
}

void Journal::write(store::Remote& remote, const std::string& clone, const std::vector<Id>& records) {
  if (records.empty()) return;
  Json journal{{"type", "journal"}, {"version", 1}, {"time", to_utc(now_micros())}, {"records", Json::array()}};
  for (const auto& id : records) journal["records"].push_back(id.hex());
  const std::string prefix = std::string(k_folder) + clone + "/";
  const std::string text = canonical_json(journal);
  const auto name = [&] { return fmt::format("{}{:08}", prefix, random_number()); };
  for (int tries = 0; !remote.write_once(name(), std::string_view(text));)
    if (++tries == k_most_names)
      throw outside_error(printable(remote.url()) + " says of every new journal that it has one of that name");
}

std::string clone_id(const data::Repository& repository) {
  const fs::path file = repository.state() / "clone";
  const FileLock lock(repository.state() / "clone.lock");  // two at the same time must not take two
  if (!fs::exists(file)) replace_file(file, random_hex(32) + "\n", 0600);
  return std::string(trim(read_file(file, 100)));
}

}  // namespace mlops::exchange
