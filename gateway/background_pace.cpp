#include "gateway/background_pace.h"

namespace cairn {

bool background_pace::age::reaches(bool something, std::chrono::milliseconds limit, time now) {
  if (!something) {
    since = {};
    return false;
  }
  if (since == time{}) since = now;
  if (now - since < limit) return false;
  since = now;  // what comes from here on is young again
  return true;
}

bool background_pace::sync_due(const journal_load& load, time now) {
  return undurable_.reaches(load.undurable_records > 0, undurable_age_max, now) ||
         load.undurable_bytes >= undurable_bytes_max;
}

bool background_pace::destage_due(const journal_load& load, time now) {
  const bool moved = load.changes != changes_;
  if (moved) {
    changes_ = load.changes;
    changed_at_ = now;
  }
  const bool something = load.pending_records > 0;
  const bool old = pending_.reaches(something, pending_age_max, now);
  const bool idle = now - changed_at_ >= idle_after;
  const bool much = load.pending_records >= pending_records_due ||
                    load.pending_bytes >= pending_bytes_due || load.short_of_space;
  return something && (old || idle || much);
}

bool background_pace::backing_due(const journal_load& load, time now) {
  return unbacked_.reaches(load.unbacked_records > 0,
                           load.short_of_space ? unbacked_age_short : unbacked_age_max, now);
}

std::chrono::microseconds background_pace::delay(std::uint64_t pending_records) {
  if (pending_records <= pending_records_soft) return {};
  if (pending_records >= pending_records_max) return delay_max;
  return delay_max * (pending_records - pending_records_soft) /
         (pending_records_max - pending_records_soft);
}

}  // namespace cairn
