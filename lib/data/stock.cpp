#include "data/stock.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "data/links.h"
#include "data/memory.h"
#include "data/whole.h"
#include "store/plain_file.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_large = 4 << 20;  // such files are worth several threads each
constexpr std::size_t k_items_at_once = 64, k_asked_at_once = 2048;
constexpr int k_attempts = 3;

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

bool is_directory(const ScanEntry& entry) { return entry.mode == store::Mode::directory; }

FileStat stat_of(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at " + quote(path), errno);
  if (!S_ISREG(info.st_mode)) throw input_error(quote(path) + " is no file any more");
  return file_stat(info);
}

// The whole file, which had `size` bytes a moment ago, in a buffer that lives as long as the thread.
std::span<const std::byte> read_whole(int fd, std::uint64_t size, const std::string& path) {
  thread_local std::vector<std::byte> buffer;
  if (buffer.size() < size + 1) buffer.resize(size + 1);
  std::size_t have = 0;
  while (have < size + 1) {
    const auto got = read_some(fd, std::span(buffer).subspan(have, size + 1 - have), path);
    have += got;
    if (got == 0 || have == size) break;  // whether it grew meanwhile, its new state tells
  }
  return std::span(buffer).first(have);
}

ObjectRef hash_stream(int fd, const std::string& path) {
  Sha256 hash;
  ObjectRef object;
  std::vector<std::byte> buffer(1 << 20);
  while (const auto got = read_some(fd, buffer, path)) {
    hash.update(std::span(buffer).first(got));
    object.size += got;
  }
  object.id = hash.finish();
  return object;
}

std::size_t depth_below(const std::string& root, const std::string& directory) {
  return static_cast<std::size_t>(
      std::count(directory.begin() + static_cast<std::ptrdiff_t>(root.size()), directory.end(), '/'));
}

}  // namespace

Stock::Stock(Repository& repository, const Beneath& root, const SnapshotOptions& options, store::Writer* writer)
    : repository_(repository),
      root_(root),
      options_(options),
      writer_(writer),
      link_(options.link ? *options.link : configured_link(repository)) {
  if (writer_ != nullptr) store::set_link(*writer_, link_);
}

ObjectRef Stock::take_directory(const std::string& path) {
  const auto known = repository_.memory().stats(path);
  scan_ = scan_directory(root_, path, *known, options_.stop, options_.lenient ? OddFiles::welcome : OddFiles::refused);
  for (const auto& directory : scan_.directories) {
    const auto files = std::count_if(directory.entries.begin(), directory.entries.end(),
                                     [](const auto& e) { return !is_directory(e) && e.mode != store::Mode::link; });
    learnt_ = learnt_ || static_cast<std::size_t>(files) != directory.cached;
  }
  see_through_links();
  if (options_.lenient && writer_ != nullptr) leave_out();
  if (writer_ != nullptr) forget_what_is_not_stored();
  hash_unknown();
  if (options_.stop.stop_requested()) return {};
  tree_ids(writer_ != nullptr);
  ObjectRef object{store::Kind::tree, {}, 0, 0};
  store::Tree top;
  for (const auto& e : scan_.directories[0].entries) {
    object.size += e.size;
    object.files += e.files;
    top.push_back({e.name, e.mode, e.id, e.size, e.files});
  }
  const std::string encoded = store::encode_tree(std::move(top));
  object.id = writer_ != nullptr ? writer_->put_tree(encoded) : sha256(encoded);
  return object;
}

std::optional<ScanEntry> Stock::see_through(const std::string& directory, const ScanEntry& link,
                                            const std::string& target) {
  const fs::path pack = linked_pack(repository_, directory, target);
  const auto file = pack.empty() ? std::nullopt : store::packed_file(repository_.store(), pack);
  struct stat info {};
  if (!file || ::lstat(pack.c_str(), &info) != 0) return std::nullopt;
  ScanEntry entry;
  entry.name = link.name;
  entry.stat = file_stat(info);
  entry.size = entry.stat.size;
  entry.id = file->file;
  entry.known = file->whole;
  entry.packed = true;
  return entry;
}

void Stock::see_through_links() {
  for (auto& directory : scan_.directories) {
    Fd fd;
    for (auto& e : directory.entries) {
      if (e.mode != store::Mode::link || e.odd) continue;
      if (!fd) fd = root_.open_directory(directory.path);
      if (auto file = see_through(directory.path, e, read_link_at(fd.get(), e.name, join_path(directory.path, e.name))))
        e = std::move(*file);
    }
  }
}

bool Stock::leads_out(const std::string& directory, const std::string& target) const {
  return !store::target_stays_inside(target, depth_below(scan_.path, directory));
}

// What is put aside must be a version like any other; of what can't be in one its name and target stay.
void Stock::leave_out() {
  for (auto& directory : scan_.directories)
    std::erase_if(directory.entries, [&](const ScanEntry& e) {
      if (e.mode != store::Mode::link) return false;
      const std::string path = join_path(directory.path, e.name);
      const std::string target = e.odd ? "" : read_link_at(root_.open_directory(directory.path).get(), e.name, path);
      if (!e.odd && !leads_out(directory.path, target)) return false;
      left_out_.push_back(e.odd ? path : path + " → " + target);
      return true;
    });
}

std::optional<ScanEntry> Stock::take_link(const std::string& path) {
  const auto [parent, name] = split_path(path);
  ScanEntry link;
  link.name = name;
  const Fd directory = root_.open_directory(parent);
  auto file = see_through(parent, link, read_link_at(directory.get(), name, path));
  if (file && (!file->known || (writer_ != nullptr && !holds_whole_file(repository_.store(), *writer_, file->id))))
    hash_file(directory.get(), path, *file);
  return file;
}

// A link to a pack is read where it leads; anything else is never read through a link.
Fd Stock::open(int directory, const std::string& path, const ScanEntry& e) {
  if (!e.packed) return open_file_at(directory, e.name, path);
  const fs::path pack = linked_pack(repository_, split_path(path).first, read_link_at(directory, e.name, path));
  if (pack.empty()) throw input_error(quote(path) + " changes while it is read");
  return open_file(pack, O_RDONLY | O_NOFOLLOW);
}

// Ids of the directories below the root, the deepest first. Where an id of something in one is not known, neither is
// its own.
bool Stock::tree_ids(bool put) {
  std::vector<store::Tree> trees(scan_.directories.size());
  std::vector<ScanEntry*> owner(scan_.directories.size(), nullptr);
  for (auto& directory : scan_.directories)
    for (auto& e : directory.entries)
      if (is_directory(e)) owner[e.directory] = &e;
  bool all = true;
  for (std::size_t d = scan_.directories.size(); d-- > 1;) {
    ScanEntry& self = *owner[d];
    self.known = true;
    self.size = self.files = 0;
    store::Tree tree;
    for (const auto& e : scan_.directories[d].entries) {
      self.known = self.known && e.known;
      self.size += e.size;
      self.files += e.files;
      if (self.known) tree.push_back({e.name, e.mode, e.id, e.size, e.files});
    }
    all = all && self.known;
    if (!self.known) continue;
    const std::string encoded = store::encode_tree(std::move(tree));
    self.id = put ? writer_->put_tree(encoded) : sha256(encoded);
  }
  return all;
}

// The stat cache knows ids of files that may not be in the store: a status hashes without keeping, a partial pull has
// trees whose files it leaves where they are. So each file is asked for.
void Stock::forget_what_is_not_stored() {
  std::vector<std::span<ScanEntry>> slices;
  for (auto& directory : scan_.directories)
    for (std::size_t from = 0; from < directory.entries.size(); from += k_asked_at_once)
      slices.push_back(
          std::span(directory.entries).subspan(from, std::min(k_asked_at_once, directory.entries.size() - from)));
  parallel_for(
      slices.size(),
      [&](std::size_t i) {
        for (auto& e : slices[i])
          if (!is_directory(e) && e.known) e.known = holds_whole_file(repository_.store(), *writer_, e.id);
      },
      options_.stop);
}

void Stock::hash_unknown() {
  std::vector<Item> small, large;
  for (const auto& [directory, e] : unknown_files(scan_)) {
    const Item item{directory, e};
    (writer_ != nullptr && entry(item).stat.size >= k_large ? large : small).push_back(item);
  }
  if (small.empty() && large.empty()) return;
  if (options_.progress != nullptr) options_.progress->start("reading " + scan_.path, small.size() + large.size());
  hash_small(small);
  for (const auto& item : large) {
    if (options_.stop.stop_requested()) return;
    hash_item(root_.open_directory(scan_.directories[item.directory].path).get(), item);
    if (options_.progress != nullptr) options_.progress->advance(1);
  }
}

void Stock::hash_small(const std::vector<Item>& items) {
  parallel_for((items.size() + k_items_at_once - 1) / k_items_at_once,
               [&](std::size_t batch) {
                 const std::size_t end = std::min(items.size(), (batch + 1) * k_items_at_once);
                 Fd directory;
                 for (std::size_t i = batch * k_items_at_once; i < end && !options_.stop.stop_requested(); ++i) {
                   if (!directory || items[i].directory != items[i - 1].directory)
                     directory = root_.open_directory(scan_.directories[items[i].directory].path);
                   hash_item(directory.get(), items[i]);
                 }
                 if (options_.progress != nullptr) options_.progress->advance(end - batch * k_items_at_once);
               },
               options_.stop);
}

void Stock::hash_item(int directory, const Item& item) {
  ScanEntry& e = entry(item);
  const std::string path = join_path(scan_.directories[item.directory].path, e.name);
  if (e.mode != store::Mode::link) return hash_file(directory, path, e);
  const std::string target = read_link_at(directory, e.name, path);
  if (!options_.lenient && leads_out(scan_.directories[item.directory].path, target))
    throw input_error("the link " + quote(path) + " leads out of " + quote(scan_.path) + ", to " + quote(target),
                      "make it a file, or name it in .mlopsignore");
  e.id = writer_ != nullptr ? writer_->put_file(std::as_bytes(std::span(target))).id : sha256(target);
  e.size = target.size();
  e.known = true;
}

ObjectRef Stock::read_once(int fd, const std::string& path, const ScanEntry& e) {
  if (writer_ != nullptr && e.stat.size >= store::k_plain_minimum) return writer_->put_file(fd, path);
  if (e.stat.size >= k_large) return hash_stream(fd, path);
  const auto bytes = read_whole(fd, e.stat.size, path);
  if (writer_ == nullptr) return {store::Kind::file, sha256(bytes), bytes.size()};
  return writer_->put_file(bytes);
}

// What was read is one state of the file when it looks the same before and after.
void Stock::hash_file(int directory, const std::string& path, ScanEntry& e) {
  for (int attempt = 0; attempt < k_attempts; ++attempt) {
    const Fd fd = open(directory, path, e);
    const ObjectRef object = read_once(fd.get(), path, e);
    const FileStat after = stat_of(fd.get(), path);
    if (store::links_names(link_) && same_bytes(e.stat, after)) {  // the store may have taken a link of it
      e.adopted = e.stat.ctime != after.ctime;
      e.stat.ctime = after.ctime;
    }
    if (after == e.stat && object.size == after.size) {
      e.id = object.id;
      e.size = object.size;
      e.known = learnt_ = true;
      e.settled = e.settled && !e.packed && settled(after, now_micros());
      return;
    }
    e.stat = after;
    e.settled = settled(after, now_micros());
  }
  throw input_error(quote(path) + " changes while it is read",
                    "wait until nothing writes to it, then run the command again");
}

ObjectRef Stock::take_file(const std::string& path, const struct stat& info) {
  const auto [parent, name] = split_path(path);
  ScanEntry e;
  e.name = name;
  e.stat = file_stat(info);
  e.settled = settled(e.stat, now_micros());
  const auto cache = repository_.memory().stats(path);
  const auto known = cache->directory(parent).find(name, e.stat);
  if (known && (writer_ == nullptr || holds_whole_file(repository_.store(), *writer_, *known)))
    return {store::Kind::file, *known, e.stat.size};
  hash_file(root_.open_directory(parent).get(), path, e);
  single_entry_ = e;
  single_path_ = path;
  return {store::Kind::file, e.id, e.size};
}

void Stock::look_again(const std::string& directory, ScanEntry& e) {
  const auto info = root_.look(join_path(directory, e.name));
  if (!info || !same_bytes(e.stat, file_stat(*info))) return;
  e.stat = file_stat(*info);
  e.settled = settled(e.stat, now_micros());
}

void Stock::look_again() {
  if (single_entry_ && single_entry_->adopted) look_again(split_path(single_path_).first, *single_entry_);
  for (auto& directory : scan_.directories)
    for (auto& e : directory.entries)
      if (e.adopted) look_again(directory.path, e);
}

void Stock::save_cache() {
  if (!learnt_) return;
  StatCache::Update update;
  if (single_entry_) update.subtrees.insert(single_path_);
  if (single_entry_ && single_entry_->settled)
    update.directories[split_path(single_path_).first].push_back(
        {single_entry_->name, single_entry_->stat, single_entry_->id});
  if (!scan_.directories.empty()) update.subtrees.insert(scan_.path);
  for (const auto& directory : scan_.directories)
    for (const auto& e : directory.entries)
      if (e.known && e.settled && !is_directory(e) && e.mode != store::Mode::link && !e.packed)
        update.directories[directory.path].push_back({e.name, e.stat, e.id});
  repository_.memory().note(std::move(update));
}

}  // namespace mlops::data
