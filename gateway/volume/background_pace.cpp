#include "gateway/volume/background_pace.h"

#include <algorithm>

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

std::chrono::microseconds background_pace::delay(space_ahead ahead, std::uint64_t write_bytes) {
  const auto enough = ahead.wanted / 2;
  if (ahead.bytes >= enough) return {};
  const double lacking = 1.0 - static_cast<double>(ahead.bytes) / static_cast<double>(enough);
  const double mib = static_cast<double>(write_bytes) / (1U << 20);
  const auto us = lacking * lacking * mib * static_cast<double>(delay_max_per_mib.count());
  return std::min(std::chrono::microseconds(static_cast<std::int64_t>(us)), space_delay_max);
}

}  // namespace cairn
