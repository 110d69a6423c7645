// Takes stock of a path: walks it, hashes what the stat cache does not know, and makes the trees. With a writer, the
// bytes go into the store; what is there already is not read again.
#pragma once

#include <string>

#include "data/repository.h"
#include "data/scan.h"
#include "data/worktree.h"
#include "store/link.h"

namespace mlops::data {

class Stock {
 public:
  // `writer` null: only ids.
  Stock(Repository& repository, const Beneath& root, const SnapshotOptions& options, store::Writer* writer);

  // Stopped by options.stop, the result is without meaning.
  ObjectRef take_directory(const std::string& path);
  ObjectRef take_file(const std::string& path, const struct stat& info);
  // The file that a symbolic link to a pack of the store stands for; nothing for other links.
  std::optional<ScanEntry> take_link(const std::string& path);
  // What options.lenient left out of what was stored: "d/queue", "d/hosts → /etc/hosts".
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }
  // The walk behind take_directory, with every id known.
  [[nodiscard]] const Scan& scan() const { return scan_; }
  // After the writer's commit: files that became packs look different now.
  void look_again();
  // Writes what was learnt into the stat cache; nothing where nothing is new.
  void save_cache();

 private:
  struct Item {
    std::size_t directory, entry;
  };
  ScanEntry& entry(const Item& item) { return scan_.directories[item.directory].entries[item.entry]; }
  void look_again(const std::string& directory, ScanEntry& entry);
  std::optional<ScanEntry> see_through(const std::string& directory, const ScanEntry& link, const std::string& target);
  void see_through_links();
  void leave_out();
  bool leads_out(const std::string& directory, const std::string& target) const;
  Fd open(int directory, const std::string& path, const ScanEntry& entry);
  void forget_what_is_not_stored();
  bool tree_ids(bool put);
  void hash_unknown();
  void hash_small(const std::vector<Item>& items);
  void hash_item(int directory, const Item& item);
  void hash_file(int directory, const std::string& path, ScanEntry& entry);
  ObjectRef read_once(int fd, const std::string& path, const ScanEntry& entry);

  Repository& repository_;
  const Beneath& root_;
  const SnapshotOptions& options_;
  store::Writer* writer_;
  store::Link link_;
  Scan scan_;
  std::string single_path_;  // of take_file
  std::optional<ScanEntry> single_entry_;
  std::vector<std::string> left_out_;
  bool learnt_ = false;
};

}  // namespace mlops::data
