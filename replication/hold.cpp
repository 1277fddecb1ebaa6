#include "replication/hold.h"

#include <algorithm>

#include "base/invariant.h"
#include "replication/watermarks.h"

namespace cairn {

std::optional<std::string> hold::refusal(const mark& m) const {
  const auto id = [](const char* what, std::uint64_t n) { return what + std::to_string(n); };
  if (m.marker.made_in < epoch_)
    return id("epoch ", m.marker.made_in.value) + id(" is over: epoch ", epoch_.value) +
           " was obeyed";
  if (m.marker.number <= last_)
    return id("marker ", m.marker.number.value) + id(" is not above the last one, ", last_.value);
  if (m.marker.made_in == epoch_ && members_hash_ != 0 &&
      members_hash_ != hash_of_members(m.members))
    return id("the set of members changed within epoch ", epoch_.value);
  if (held_) return id("marker ", held_->marker.number.value) + " is being held";
  return std::nullopt;
}

void hold::begin(const mark& m, time now) {
  CAIRN_INVARIANT("internal", !refusal(m), "a refused MARK was begun");
  epoch_ = m.marker.made_in;
  last_ = m.marker.number;
  members_hash_ = hash_of_members(m.members);
  held_ = holding{m.marker, sequence{}, now, now + std::chrono::milliseconds(m.hold_limit_ms)};
}

bool hold::inserted(marker_id marker, sequence at) {
  CAIRN_INVARIANT("internal", bool(at), "a marker was inserted without a sequence");
  if (!held_ || held_->marker != marker) return false;
  held_->at = at;
  return true;
}

void hold::not_inserted(marker_id marker) {
  if (held_ && held_->marker == marker) held_.reset();
}

std::optional<hold::ended> hold::on_release(const release& r, incarnation current, time now) {
  if (!held_ || held_->marker != r.marker || r.counted != current) return std::nullopt;
  if (now >= held_->until) return end(false, "the hold limit ran out before RELEASE came", now);
  return end(true, {}, now);
}

std::optional<hold::ended> hold::on_abandon(const abandon& a, time now) {
  if (!held_ || held_->marker != a.marker) return std::nullopt;
  return end(false, "the coordinator abandoned it", now);
}

std::optional<hold::ended> hold::on_time(time now) {
  if (!held_ || now < held_->until) return std::nullopt;
  return end(false, "the hold limit ran out", now);
}

std::optional<hold::time> hold::deadline() const {
  if (!held_) return std::nullopt;
  return held_->until;
}

hold::ended hold::end(bool seal, std::string reason, time now) {
  if (seal) check_seal(now, held_->until);
  ended e{held_->marker, seal, std::move(reason),
          std::chrono::duration_cast<std::chrono::microseconds>(now - held_->since)};
  held_.reset();
  return e;
}

}  // namespace cairn
