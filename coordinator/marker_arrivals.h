// When a marker came to this site: since any one of the secondaries holds it.
//
// A marker becomes common only when the slowest member has it; measured from that moment, a group
// whose one link was down for an hour would look a second old. Pure; the coordinator's thread.
// Invariant: both markers and times only grow. Bound: arrivals_kept, the oldest are forgotten.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "replication/record.h"

namespace cairn {

class marker_arrivals {
 public:
  struct arrival {
    marker_id newest;           // that some secondary holds, sealed
    std::uint64_t seen_us = 0;  // first seen, on our clock
    bool at_least = false;      // it was there when we first looked: it is older than that
  };

  void saw(marker_id newest, std::uint64_t now_us) {
    if (!newest || (!seen_.empty() && newest <= seen_.back().newest)) return;
    seen_.push_back({newest, now_us, seen_.empty()});
    if (seen_.size() > arrivals_kept) seen_.pop_front();
  }
  // Of the first thing seen that is as new as `marker`; nullopt: nothing was.
  std::optional<arrival> of(marker_id marker) const {
    const auto at = std::ranges::lower_bound(seen_, marker, {}, &arrival::newest);
    return at == seen_.end() ? std::nullopt : std::optional(*at);
  }

 private:
  static constexpr std::size_t arrivals_kept = 100'000;  // 80 minutes at 50 ms; 3 MB
  std::deque<arrival> seen_;
};

}  // namespace cairn
