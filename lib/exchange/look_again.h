// Work with a remote from which a gc deletes at the same time. Private to this module.
#pragma once

#include <type_traits>

#include "store/remote/remote.h"

namespace mlops::exchange {

// Calls work() again, which looks at the remote anew, where a pack that it was about to read has been deleted: what is
// needed of it is in another by then. work(last), where it takes that, is told when it is the last time.
template <class Work>
auto look_again(const Work& work) {
  constexpr int k_tries = 3;
  for (int tries = 1;; ++tries) try {
      if constexpr (std::is_invocable_v<Work, bool>)
        return work(tries == k_tries);
      else
        return work();
    } catch (const store::Gone&) {
      if (tries == k_tries) throw;
    }
}

}  // namespace mlops::exchange
