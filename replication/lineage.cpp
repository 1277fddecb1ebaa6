#include "replication/lineage.h"

#include <algorithm>

namespace cairn {

bool is_newer(const lineage_history& theirs, const lineage_history& ours) {
  return theirs.size() > ours.size() && std::equal(ours.begin(), ours.end(), theirs.begin());
}

}  // namespace cairn
