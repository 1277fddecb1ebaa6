// Numbers from a gateway that a coordinator counts on from: an epoch or a marker's number near the
// end of what can be stored would stop it for good, so a gateway that names one is not believed.
#pragma once
#include <algorithm>

#include "replication/control_messages.h"

namespace cairn {

inline bool plausible(const control_message& m) {
  constexpr std::uint64_t last_believed = 1ULL << 62;
  const auto believed = [](auto... n) { return std::max({n.value...}) <= last_believed; };
  if (const auto* h = std::get_if<member_hello>(&m))
    return believed(h->marker_epoch, h->marker_last) && believed(h->selection_epoch);
  if (const auto* r = std::get_if<control_refusal>(&m))
    return believed(r->highest_epoch, r->highest_marker);
  return true;
}

}  // namespace cairn
