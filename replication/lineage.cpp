#include "replication/lineage.h"

#include <algorithm>

namespace cairn {

uuid lineage_of_group(const lineage_history& ours) {
  return ours.size() < 2 ? uuid{} : ours.back().id;
}

bool is_newer(const lineage_history& theirs, const lineage_history& ours) {
  return theirs.size() > ours.size() && std::equal(ours.begin(), ours.end(), theirs.begin());
}

}  // namespace cairn
