// The member's side of a marker round: which operations are withheld, and until when.
//
// Pure: the owner (gateway/member/hold_gate.h) calls it under one lock and passes the monotonic
// time in. An operation is withheld while a marker is held and its sequence is behind the marker's.
// The three ways out of a hold are one change of state each, made before the first acknowledgement
// leaves: RELEASE (the marker is sealed), ABANDON and the limit (it is void). So a marker that was
// held without a break until RELEASE, and only such a one, is ever sealed (docs/markers.md).
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/number.h"
#include "replication/control_messages.h"
#include "replication/record.h"

namespace cairn {

class hold {
 public:
  using time = std::chrono::steady_clock::time_point;

  // How a hold ended.
  struct ended {
    marker_id marker;
    bool seal = false;   // false: void
    std::string reason;  // of a void
    std::chrono::microseconds held{0};
  };

  // `epoch_seen` and `last_seen`: the highest that this member obeyed, from its journal.
  hold(epoch epoch_seen, marker_number last_seen) : epoch_(epoch_seen), last_(last_seen) {}

  // Why MARK is refused: a lower epoch, an N not above the last one, other members than before in
  // the same epoch, or a marker being held. nullopt: take it.
  std::optional<std::string> refusal(const mark& m) const;
  // First half of taking it: from here on everything is withheld, until the marker's sequence is
  // known. To be called before the marker record is given a sequence.
  void begin(const mark& m, time now);
  // Second half: the marker record lies at `at`. What is before it is withheld no longer. False:
  // the hold ended in between, and the marker is void already.
  bool inserted(marker_id marker, sequence at);
  // Instead of inserted(): the marker could not be journaled.
  void not_inserted(marker_id marker);

  bool withheld(sequence s) const { return held_ && s > held_->at; }
  bool engaged() const { return held_.has_value(); }

  // nullopt: not for this hold (another epoch, N or incarnation), ignored.
  std::optional<ended> on_release(const release& r, incarnation current, time now);
  std::optional<ended> on_abandon(const abandon& a, time now);
  std::optional<ended> on_time(time now);
  std::optional<time> deadline() const;

  epoch highest_epoch() const { return epoch_; }
  marker_number highest_marker() const { return last_; }

 private:
  struct holding {
    marker_id marker;
    sequence at;  // 0 until it is known: everything is withheld
    time since;
    time until;
  };

  ended end(bool seal, std::string reason, time now);

  epoch epoch_;
  marker_number last_;
  std::uint64_t members_hash_ = 0;  // of the newest MARK in epoch_; 0: none yet
  std::optional<holding> held_;
};

}  // namespace cairn
