// Lines of history. Each takeover or switchover opens a lineage that forks from its parent behind
// `fork`, the sequence of the marker it was opened at.
#pragma once
#include <vector>

#include "base/number.h"
#include "base/uuid.h"

namespace cairn {

struct lineage {
  uuid id;
  uuid parent;    // nil for a member's first
  sequence fork;  // last sequence shared with the parent; 0 for the first
  friend bool operator==(const lineage&, const lineage&) = default;
};

// One start of a member's journal as primary. kept_to: the last sequence before the first hole
// that recovery had to fill; without one, the last record found.
struct incarnation_start {
  incarnation number;
  uuid in_lineage;
  sequence kept_to;
  uuid id{};  // drawn at that start: a copy of the journal that was put back has another
  friend bool operator==(const incarnation_start&, const incarnation_start&) = default;
};

// Oldest first; the last one is the current one.
using lineage_history = std::vector<lineage>;

// The group's lineage: nil for the first, which each member names by itself; a takeover opens one
// for all.
uuid lineage_of_group(const lineage_history& ours);

// Whether `theirs` contains every lineage of `ours` and more: they have taken over since.
bool is_newer(const lineage_history& theirs, const lineage_history& ours);

}  // namespace cairn
