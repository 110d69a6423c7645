#include "data/stat_cache.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "data/subtrees.h"
#include "store/bytes.h"

namespace mlops::data {
namespace {

using store::append_id;
using store::append_integer;
using store::integer_at;

constexpr std::string_view k_magic = "mlopsSC1";
constexpr std::size_t k_directory = 8 + 4 + 8 + 8, k_record = 8 + 4 + 4 * 8 + 32, k_checksum = 32;

// Builds the file: directories sorted by path, the records of each sorted by name.
class Image {
 public:
  void add(const std::string& path, std::vector<StatCache::Record> records) {
    std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    records.erase(records.begin(), std::unique(records.rbegin(), records.rend(), [](const auto& a, const auto& b) {
                                     return a.name == b.name;
                                   }).base());
    append_text(directories_, path);
    append_integer(directories_, record_count_);
    append_integer(directories_, static_cast<std::uint64_t>(records.size()));
    ++directory_count_;
    for (const auto& record : records) {
      append_text(records_, record.name);
      for (const auto value : {record.stat.size, record.stat.inode}) append_integer(records_, value);
      for (const auto value : {record.stat.mtime, record.stat.ctime}) append_integer(records_, value);
      append_id(records_, record.id);
      ++record_count_;
    }
  }

  [[nodiscard]] std::string bytes() const {
    std::string out(k_magic);
    append_integer(out, directory_count_);
    append_integer(out, record_count_);
    append_integer(out, static_cast<std::uint64_t>(strings_.size()));
    out += directories_ + records_ + strings_;
    append_id(out, sha256(out));
    return out;
  }

 private:
  void append_text(std::string& out, const std::string& text) {
    append_integer(out, static_cast<std::uint64_t>(strings_.size()));
    append_integer(out, static_cast<std::uint32_t>(text.size()));
    strings_ += text;
  }
  std::string directories_, records_, strings_;
  std::uint64_t directory_count_ = 0, record_count_ = 0;
};

}  // namespace

void StatCache::Update::add(Update later) {
  for (const auto& subtree : later.subtrees) {
    if (subtree.empty()) directories.clear();
    erase_subtree(directories, subtree);
  }
  subtrees.merge(later.subtrees);
  for (auto& [path, records] : later.directories) {
    auto& all = directories[path];
    all.insert(all.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  }
}

bool StatCache::Update::concerns(const std::string& path) const {
  return (path.empty() && !subtrees.empty()) || meets(subtrees, path);
}

bool settled(const FileStat& stat, Micros seen) {
  const auto latest = std::max(stat.mtime, stat.ctime);
  const bool coarse = stat.ctime % 1'000'000'000 == 0;  // the file system keeps whole seconds, or two
  return latest / 1000 + (coarse ? 2'000'000 : 20'000) < seen;
}

StatCache::StatCache(store::MappedFile file) : file_(std::move(file)) {
  const auto all = file_.bytes();
  store::Cursor cursor(all, "the stat cache");
  if (cursor.take(8) != k_magic) cursor.refuse("it is of an unknown kind");
  Header header{cursor.integer<std::uint64_t>(), cursor.integer<std::uint64_t>(), cursor.integer<std::uint64_t>()};
  const auto left = cursor.left();
  if (header.directories > left || header.records > left || header.strings > left ||
      header.directories * k_directory + header.records * k_record + header.strings + k_checksum != left)
    cursor.refuse("its length is impossible");
  if (sha256(all.substr(0, all.size() - k_checksum)) != store::id_at(all.data() + all.size() - k_checksum))
    cursor.refuse("its checksum differs");
  header_ = header;
  directories_ = cursor.take(header.directories * k_directory).data();
  records_ = cursor.take(header.records * k_record).data();
  strings_ = cursor.take(header.strings).data();
}

StatCache StatCache::load(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  try {
    return StatCache(store::MappedFile(file));
  } catch (const Error&) {
    return {};
  }
}

std::string StatCache::check(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  try {
    const StatCache cache{store::MappedFile(file)};
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

std::string_view StatCache::text(std::uint64_t offset, std::uint32_t size) const {
  if (offset > header_.strings || size > header_.strings - offset) return {};
  return {strings_ + offset, size};
}

std::string_view StatCache::directory_path(std::size_t i) const {
  const char* at = directories_ + i * k_directory;
  return text(integer_at<std::uint64_t>(at), integer_at<std::uint32_t>(at + 8));
}

StatCache::Record StatCache::record(std::size_t i) const {
  const char* at = records_ + i * k_record;
  return {std::string(text(integer_at<std::uint64_t>(at), integer_at<std::uint32_t>(at + 8))),
          {integer_at<std::uint64_t>(at + 12), integer_at<std::uint64_t>(at + 20), integer_at<std::int64_t>(at + 28),
           integer_at<std::int64_t>(at + 36)},
          store::id_at(at + 44)};
}

StatCache::Directory StatCache::directory(std::string_view path) const {
  std::size_t low = 0, high = header_.directories;
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (directory_path(middle) < path)
      low = middle + 1;
    else
      high = middle;
  }
  Directory out;
  if (low == header_.directories || directory_path(low) != path) return out;
  const char* at = directories_ + low * k_directory + 12;
  const auto first = integer_at<std::uint64_t>(at), count = integer_at<std::uint64_t>(at + 8);
  if (first > header_.records || count > header_.records - first) return out;
  out.cache_ = this;
  out.first_ = first;
  out.count_ = count;
  return out;
}

std::string_view StatCache::Directory::name_at(std::size_t i) const {
  const char* at = cache_->records_ + (first_ + i) * k_record;
  return cache_->text(integer_at<std::uint64_t>(at), integer_at<std::uint32_t>(at + 8));
}

std::optional<Id> StatCache::Directory::find(std::string_view name, const FileStat& stat) {
  if (next_ >= count_ || name_at(next_) != name) {
    std::size_t low = 0, high = count_;
    while (low < high) {
      const auto middle = (low + high) / 2;
      if (name_at(middle) < name)
        low = middle + 1;
      else
        high = middle;
    }
    if (low == count_ || name_at(low) != name) return std::nullopt;
    next_ = low;
  }
  const Record found = cache_->record(first_ + next_++);
  if (found.stat != stat) return std::nullopt;
  return found.id;
}

std::string StatCache::merged(Update update) const {
  for (std::size_t i = 0; i < header_.directories; ++i) {
    const std::string path(directory_path(i));
    if (nearest(update.subtrees, path) != update.subtrees.end()) continue;
    const auto old = directory(path);
    auto& records = update.directories[path];
    std::map<std::string, Record> by_name;
    for (std::size_t r = 0; r < old.count_; ++r) {
      Record record = this->record(old.first_ + r);
      by_name.insert_or_assign(by_name.end(), record.name, record);
    }
    for (const auto& record : records) by_name[record.name] = record;
    records.clear();
    for (auto& [name, record] : by_name) records.push_back(std::move(record));
  }
  Image image;
  for (auto& [path, records] : update.directories)
    if (!records.empty()) image.add(path, std::move(records));
  return image.bytes();
}

void StatCache::save(const fs::path& file, Update update) const {
  try {
    replace_file(file, merged(std::move(update)), 0600, false);
  } catch (const Error&) {  // read-only state, full disk: the answers do not change
  }
}

}  // namespace mlops::data
