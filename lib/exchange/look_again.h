// Work with a remote from which a gc deletes at the same time. Private to this module.
#pragma once

#include "store/remote/remote.h"

namespace mlops::exchange {

// Calls work() again, which looks at the remote anew, where a pack that it was about to read has been deleted: what is
// needed of it is in another by then.
template <class Work>
auto look_again(const Work& work) {
  for (int tries = 1;; ++tries) try {
      return work();
    } catch (const store::Gone&) {
      if (tries == 3) throw;
    }
}

}  // namespace mlops::exchange
