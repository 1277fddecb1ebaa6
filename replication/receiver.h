// What the secondary's end of a link decides (docs/wire.md): whether a HELLO is accepted and what
// has to be cut first; which records of a stretch are taken; what is told back. Values in, values
// out; gateway/link/receiver_link.h does it. No I/O, clock or thread.
//
// Safe because: records are only ever added behind `received`, in order, from the one incarnation
// that said HELLO; and what a primary may have taken back since is cut, durably, before the answer.
//
// Nothing here asserts anything about a peer: each rule that it can break has a refusal.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "replication/features.h"
#include "replication/link_messages.h"
#include "replication/member_state.h"

namespace cairn {

// What this side has, when a HELLO comes in.
struct receiver_state {
  std::string group;
  std::string member;
  member_role role = member_role::secondary;
  lineage_history lineages;               // empty: no primary was met yet
  std::vector<incarnation_start> starts;  // known ones, oldest first
  std::vector<volume_offer> volumes;      // own; index 0 and a nil id: not adopted yet
  sequence last;                          // newest record, durable or not
  sequence never_below;  // newest of: target, last seal that arrived; a cut stays at or above it
};

// What to do before the answer, in this order, each durable.
struct hello_accepted {
  std::uint32_t version = link_version;
  bool adopt_volumes = false;   // take index, id, NAA and serial from the offers
  bool learn_lineages = false;  // save HELLO's
  bool learn_starts = false;    // cut to `keep_to` and learn HELLO's starts, in one step
  sequence keep_to;
};
using hello_verdict = std::variant<hello_accepted, refusal>;

hello_verdict judge_hello(const hello& theirs, const receiver_state& ours);

// The LOWEST kept_to of all starts newer than the newest that is known here: what every primary
// that ran since has certainly kept. `last` where no start is new, or none kept less.
sequence truncation_point(const std::vector<incarnation_start>& theirs, incarnation newest_known,
                          sequence last);

// One record of a stretch; the view is into the stretch.
struct arrived_record {
  record what;
  byte_view data;
};
// A rule was broken: the connection ends.
struct stretch_refused {
  std::string why;
};
using stretch_verdict = std::variant<std::vector<arrived_record>, link_damage, stretch_refused>;

// One accepted connection. `has`: last record when HELLO was answered; it is durable. `features`:
// what this side told that it can do; kinds of record beyond that are refused.
class receiver {
 public:
  receiver(const hello& accepted, sequence has, std::uint64_t features = own_features);

  // The records that are new here, checked, consecutive from received() + 1; none if all are
  // known. Data and header checksums were compared; ranges lie within their volumes.
  stretch_verdict on_stretch(const stretch& s) const;

  void on_appended(sequence upto);
  void on_stored(sequence upto);  // the journal's durable watermark

  // What to tell now; `applied` from the member.
  link_progress progress(marker_id applied, sequence applied_sequence) const;

  sequence received() const { return received_; }
  sequence stored() const { return stored_; }

 private:
  using step = std::variant<arrived_record, link_damage, stretch_refused>;
  step next_record(sequence due, byte_view& rest) const;
  stretch_verdict take_void_range(const stretch& s) const;
  arrived_record gap_at(sequence at) const;
  std::string fault_of(const stretch& s) const;
  std::string fault_of(const record& r) const;
  std::string fault_of(const record& r, byte_view data) const;

  std::uint64_t features_;
  incarnation sender_;
  std::uint64_t group_hash_;
  std::vector<incarnation> starts_;
  std::vector<std::uint64_t> volume_sizes_;  // by index - 1
  sequence received_;
  sequence stored_;
};

}  // namespace cairn
