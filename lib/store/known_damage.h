// What the last fsck found unreadable: one cache, store/damage, so that writers put such objects anew and nobody takes
// the last good copy outside of the store for saved. It counts for a pack as long as its file is the one that was
// looked at.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "store/layout.h"
#include "store/object_key.h"

namespace mlops::store {

// Objects by pack. A note that is damaged or can't be read counts as empty.
std::map<Id, std::set<Key>> known_damage(const Layout& layout);
// `damage` is all that there is. A store that can't be written to goes without.
void note_damage(const Layout& layout, const std::vector<Damage>& damage);

}  // namespace mlops::store
