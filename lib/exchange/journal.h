// Which records have been shared through a remote: every push writes one journal/CLONE/NUMBER with the ids that are
// new, a pull reads those that it has not read. Where one that was read is not there any more, or has another size, the
// remote was made anew or restored: then nothing that was read counts. Private to this module.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/repository.h"
#include "store/remote/remote.h"

namespace mlops::exchange {

class Journal {
 public:
  // `folder` keeps what was read before; `afresh`: it does not count.
  Journal(const store::Remote& remote, fs::path folder, bool afresh = false);

  // Ids of all records that the remote's journals name.
  [[nodiscard]] const std::set<Id>& shared() const { return shared_; }
  // Those that were not named when we looked before; forgotten only by `remember`.
  [[nodiscard]] const std::vector<Id>& fresh() const { return fresh_; }
  // Who wrote them.
  [[nodiscard]] std::set<std::string> clones() const;
  // What was read counts as known from now on.
  void remember();
  // Writes a journal of this clone, under a name that no other remote or copy of the clone is likely to have used.
  void write(store::Remote& remote, const std::string& clone, const std::vector<Id>& records);

 private:
  using Sizes = std::map<std::string, std::uint64_t>;
  void recall();
  void forget_unless_in(const std::vector<store::Remote::Item>& items);
  static std::vector<Id> read(const store::Remote& remote, const store::Remote::Item& item);
  fs::path folder_;
  bool afresh_, forgotten_ = false;
  Sizes known_, sizes_;  // of journals that were read before, and that are there
  std::vector<std::string> fresh_names_;
  std::set<Id> shared_;
  std::vector<Id> fresh_;
};

// The records that a journal names. Throws Error(state) naming `name` for what is none.
std::vector<Id> parse_journal(std::string_view text, const std::string& name);

// 32 random hexadecimal digits, made once for each clone.
std::string clone_id(const data::Repository& repository);

}  // namespace mlops::exchange
