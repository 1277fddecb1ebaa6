// What resyncs, repairs, fencing and switchovers say over a link and a control connection
// (docs/wire.md, "to come"). Plain values; replication/wire_life.h turns them into frames. Nobody
// sends or takes them yet, so they are no part of link_message and control_message.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_range.h"
#include "base/digest.h"
#include "base/number.h"
#include "base/uuid.h"
#include "replication/record.h"

namespace cairn {

inline constexpr std::uint64_t region_bytes = 64U << 10;
inline constexpr std::uint64_t digest_block_bytes = 4096;  // that one digest is of

// ---- link

struct region_run {
  std::uint64_t first = 0;  // counted from the volume's start
  std::uint64_t count = 1;
  friend bool operator==(const region_run&, const region_run&) = default;
};

// Receiver → sender, behind every answer to HELLO until it has a good state: what it must be given.
struct needed_regions {
  std::uint32_t volume = 0;
  std::vector<region_run> runs;  // ascending, not touching
  bool more = false;             // others follow
  friend bool operator==(const needed_regions&, const needed_regions&) = default;
};

// Sender → receiver: what do you hold there? Of a resync what it has applied; of a verify what it
// showed at exactly that marker.
struct digests_wanted {
  uuid resync;       // nil: of a verify
  marker_id marker;  // of a verify; none: of a resync
  std::uint32_t volume = 0;
  byte_range range;  // whole blocks
  friend bool operator==(const digests_wanted&, const digests_wanted&) = default;
};

// Receiver → sender.
struct digests {
  std::uint32_t volume = 0;
  byte_range range;         // as it was asked
  sequence as_of;           // applied when they were made
  std::vector<digest> all;  // one a block; none: not now, ask again
  friend bool operator==(const digests&, const digests&) = default;
};

// Receiver → sender: give your role away. The sender answers, then appends its final.
struct switchover_demand {
  uuid id;
  friend bool operator==(const switchover_demand&, const switchover_demand&) = default;
};
struct switchover_answer {
  uuid id;
  std::string refused;  // why; empty: it is demoting
  friend bool operator==(const switchover_answer&, const switchover_answer&) = default;
};
// Receiver → sender: this switchover is over; never obey it again.
struct switchover_abort {
  uuid id;
  bool fences = false;  // it makes way for a takeover: the role is not given back
  friend bool operator==(const switchover_abort&, const switchover_abort&) = default;
};

using link_life_message = std::variant<needed_regions, digests_wanted, digests, switchover_demand,
                                       switchover_answer, switchover_abort>;

// ---- control

// Coordinator → member: leave to drop what is behind this marker.
struct drop {
  epoch selection_epoch;
  marker_id above;
  uuid lineage;  // of the decision
  friend bool operator==(const drop&, const drop&) = default;
};
struct dropped {
  epoch selection_epoch;
  sequence last;  // of the journal now, durable
  friend bool operator==(const dropped&, const dropped&) = default;
};
// Coordinator → member: a newer lineage was opened elsewhere; take no more of hosts.
struct fence {
  uuid lineage;
  std::uint64_t generation = 0;  // how many lineages there were before it
  friend bool operator==(const fence&, const fence&) = default;
};
struct fenced {
  uuid lineage;
  friend bool operator==(const fenced&, const fenced&) = default;
};
// Coordinator → secondary: demand the role of your primary. Answered by final_stored, or
// switchover_ended.
struct ask_switchover {
  epoch selection_epoch;
  uuid id;
  friend bool operator==(const ask_switchover&, const ask_switchover&) = default;
};
struct final_stored {
  uuid id;
  sequence at;  // of the final
  friend bool operator==(const final_stored&, const final_stored&) = default;
};
// Coordinator → secondary, when every final is stored: this is decided.
struct commit_switchover {
  epoch selection_epoch;
  uuid id;
  uuid opened;  // the new lineage, the same for all members
  friend bool operator==(const commit_switchover&, const commit_switchover&) = default;
};
struct abort_switchover {
  epoch selection_epoch;
  uuid id;
  bool fences = false;
  friend bool operator==(const abort_switchover&, const abort_switchover&) = default;
};
// Member → coordinator: done, or why not.
struct switchover_ended {
  uuid id;
  std::string refused;  // empty: carried out
  friend bool operator==(const switchover_ended&, const switchover_ended&) = default;
};

using control_life_message =
    std::variant<drop, dropped, fence, fenced, ask_switchover, final_stored, commit_switchover,
                 abort_switchover, switchover_ended>;

}  // namespace cairn
