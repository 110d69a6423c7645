// Which records have been shared through a remote: every push writes one journal/CLONE/NUMBER with the ids that are
// new, a pull reads those that it has not read. Private to this module.
#pragma once

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
  // Writes the next journal of this clone.
  void write(store::Remote& remote, const std::string& clone, const std::vector<Id>& records);

 private:
  void recall();
  static std::vector<Id> read(const store::Remote& remote, const store::Remote::Item& item);
  fs::path folder_;
  bool afresh_;
  std::set<std::string> known_;  // names of journals that were read
  std::vector<std::string> fresh_names_;
  std::set<Id> shared_;
  std::vector<Id> fresh_;
};

// The records that a journal names. Throws Error(state) naming `name` for what is none.
std::vector<Id> parse_journal(std::string_view text, const std::string& name);

// 32 random hexadecimal digits, made once for each clone.
std::string clone_id(const data::Repository& repository);

}  // namespace mlops::exchange
