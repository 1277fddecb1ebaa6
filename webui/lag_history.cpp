#include "webui/lag_history.h"

#include <algorithm>

namespace cairn {
namespace {

member_lag lag_of(const member_view& m) {
  member_lag lag{m.name, m.fresh && m.status.has_value(), 0, 0};
  if (!lag.known) return lag;
  lag.oldest_unstored_ms = m.status->oldest_unstored_ms;
  lag.behind_bytes = m.status->behind_bytes;
  return lag;
}

}  // namespace

void lag_history::add(const group_snapshot& s, history_time now) {
  lag_sample sample{now, s.rpo_now, s.rpo_at_least, s.applied.age, s.behind_bytes, s.behind_records,
                    {}};
  std::transform(s.members.begin(), s.members.end(), std::back_inserter(sample.members), lag_of);
  samples_.push_back(std::move(sample));
  if (samples_.size() > history_samples_max) samples_.pop_front();
}

std::vector<lag_sample> lag_history::last(std::chrono::seconds span, history_time now) const {
  const auto from = std::lower_bound(samples_.begin(), samples_.end(), now - span,
                                     [](const lag_sample& s, history_time t) { return s.at < t; });
  return {from, samples_.end()};
}

}  // namespace cairn
