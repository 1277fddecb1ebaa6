// From numbers to one sentence: how well the group is protected, and who keeps it from being so.
// Pure.
#pragma once
#include <optional>
#include <string>

#include "coordinator/view.h"

namespace cairn {

// Sets level and verdict from the rest of the snapshot. One scale: RPO now against its target; up
// to 1 fine, below 4 warning, else severe. A member that does not destage is a warning at least,
// severe at a secondary; a coordinator whose state can't be written is a warning, severe when that
// is for good.
void judge(group_snapshot& s);

// The first member that is wrong in itself: lost, fenced, failed, its link down. `fresh` or not.
std::optional<held_back> find_holdback(const group_snapshot& s);

// The first member that does not destage: once its journal is full, nothing more arrives at it.
std::optional<held_back> find_waiting_destaging(const group_snapshot& s);

// Remembers since when the same member holds the group back, on the caller's monotonic clock.
class holdback_memory {
 public:
  void add_since(std::optional<held_back>& holding, std::uint64_t now_us);

 private:
  std::optional<std::string> member_;
  std::uint64_t since_us_ = 0;
};

// "0.8 s", "72 s", "5 min", "3 h".
std::string duration_text(std::uint64_t ms);
std::string marker_text(marker_id marker);  // "marker 17"

}  // namespace cairn
