// The watermarks of a journal and the inequalities between them (I1, I5, I7), each in one place.
//
// Every check ends the process when it fails: watermarks are our own numbers. What a peer tells is
// compared first by replication/sender.h, which ends the connection instead.
#pragma once
#include <chrono>

#include "base/number.h"

namespace cairn {

// Both sides: trimmed <= backed <= destaged <= durable <= finished <= assigned.
struct journal_watermarks {
  sequence trimmed;   // no longer in the journal
  sequence backed;    // in the backing files, synced
  sequence destaged;  // written to the backing files
  sequence durable;   // contiguous and synced in the journal
  sequence finished;  // every append up to here has returned
  sequence assigned;  // handed out
};
void check(const journal_watermarks& w);

// Primary: trimmed <= stored at the peer <= received by it <= sent <= finished.
struct peer_watermarks {
  sequence trimmed;
  sequence stored;
  sequence received;
  sequence sent;
  sequence finished;
};
void check(const peer_watermarks& w);

// Secondary: destaged <= applied <= selected <= stored.
struct applied_watermarks {
  sequence destaged;
  sequence applied;   // end of what the volumes show
  sequence selected;  // of the persisted target (I5)
  sequence stored;    // its durable
};
void check(const applied_watermarks& w);

// I1: a record may be destaged only when it is durable in the journal.
void check_destage(sequence limit, sequence durable);
// I5: a secondary's volumes never pass the target that it was told to apply.
void check_apply(sequence upto, sequence target);
// I11: a marker is sealed only if its hold was not yet at its limit, by the member's own clock.
void check_seal(std::chrono::steady_clock::time_point now,
                std::chrono::steady_clock::time_point limit);

}  // namespace cairn
