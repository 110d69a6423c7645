// fsck with remotes: what is damaged or missing here comes from there again, and what lies there is verified.
#pragma once

#include <string>
#include <vector>

#include "data/verify.h"
#include "exchange/remotes.h"
#include "store/remote/inspect.h"
#include "store/remote/mend.h"
#include "store/salvage.h"

namespace mlops::exchange {

struct Repaired {
  std::uint64_t healed = 0;              // objects that the work tree still had
  std::uint64_t objects = 0, bytes = 0;  // fetched, bytes as stored
  store::Salvaged salvaged;
  data::Verification after;            // what is left
  std::vector<std::string> unreached;  // one sentence for each remote that could not be asked
};
// Takes what is lost from the work tree's files where they still have it, then from the remotes in order, each object
// verified, writes it anew, and takes the damaged packs out. `found` is what verify() said. What is nowhere to be had
// stays named in `after`.
Repaired repair(data::Repository& repository, const data::Verification& found, const std::vector<NamedRemote>& remotes,
                const store::TransferOptions& options);

struct RemoteMended {
  store::Inspection after;  // what is left
  store::Mended mended;
};
// Reads every byte there, and takes the damaged packs out of the count (store/remote/mend.h): what is sound in them,
// and what this clone has, is sent anew. Throws Error(state) where the remote can only be read.
RemoteMended mend(data::Repository& repository, const NamedRemote& remote, const store::TransferOptions& options);

// Also the journals: that each can be read and that what it names is there.
// A damaged pack that is condemned, and without which nothing is lost, is no damage: gc removes it.
store::Inspection inspect(const data::Repository& repository, const NamedRemote& remote, bool deep,
                          const store::TransferOptions& options);

}  // namespace mlops::exchange
