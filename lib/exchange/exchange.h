// Sharing through a remote: data, and the records and events that say what happened to it.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "data/roots.h"
#include "exchange/remotes.h"
#include "store/remote/fetch.h"

namespace mlops::exchange {

struct PushOptions {
  bool all_commits = false;   // also the versions that git's history names
  data::CommitRange commits;  // also the versions that these name
  bool traffic = false;       // also what models were asked and answered
  store::TransferOptions transfer;
};
struct Renumbered {
  std::string model;
  std::int64_t from = 0, to = 0;
};
struct PushReport {
  std::vector<Renumbered> renumbered;  // versions whose number somebody else had pushed before
  store::Pushed data;
  std::size_t records = 0;          // new on the remote
  std::vector<std::string> absent;  // paths of versions that are neither here nor there: others will not get them
};
// First takes the records that others pushed; then sends what the work tree's pointers and lock files name, and every
// record with what it names. Safe beside other pushers.
PushReport push(data::Repository& repository, const NamedRemote& remote, const PushOptions& options);

struct PullOptions {
  std::vector<std::string>
      paths;                 // relative to the root; only those (and what is below them); empty = all versioned ones
  bool all = false;          // also everything that records name
  std::string revision;      // the versions of this git revision in place of the work tree's; nothing is checked out
  bool all_commits = false;  // the versions that git's history names; nothing is checked out
  bool trees = false;        // only the lists of files of versions; nothing is checked out
  bool checkout = true;      // write into the work tree
  bool force = false;        // over files with unsaved changes (they are stored first)
  store::TransferOptions transfer;
};
struct PullReport {
  store::Fetched data;
  std::size_t records = 0;                 // new here
  std::uint64_t written = 0, removed = 0;  // files in the work tree
  std::vector<std::string> checked_out;
  std::vector<std::string> stays;  // files that are saved nowhere and that the version does not have
};
// New records; then the versions of the work tree and of models that have an alias.
PullReport pull(data::Repository& repository, const NamedRemote& remote, const PullOptions& options);

}  // namespace mlops::exchange
