// The situations that a run has met, counted. A simulator that never gets into the trouble it is
// meant for proves nothing: a count of zero over a whole run fails it.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace cairn::sim {

enum class situation {
  gap,                   // a primary's recovery filled a hole
  tail_lost,             // a loss of power took records off the end of a primary's journal
  torn_write,            // a process died in the middle of a write to a segment
  died_in_recovery,      // a process died while it came up
  double_restart,        // a primary started twice while its peer was away
  truncation,            // a HELLO made the receiver drop records
  secondary_cut,         // a secondary's recovery cut its journal
  void_marker,           // a hold ended without RELEASE
  release_ignored,       // a RELEASE for another hold or incarnation
  held_write,            // a write was sequenced behind a marker and withheld
  read_while_held,       // a read while writes were withheld
  read_while_appending,  // a read while an append was unfinished
  overlapping_appends,   // two appends were under way at once
  stale_coordinator,     // a request of an epoch that is over was refused
  membership_mismatch,   // a coordinator with a member too few was refused
  restored_state,        // a coordinator came up with older state than it had
  state_locked,          // a coordinator's state could not be written for a while
  state_failed,          // the disk of a coordinator's state failed for good
  takeover_not_kept,     // the same, as a takeover was decided or ended
  interrupted_apply,     // a coordinator or member died between APPLY and the last APPLIED
  interrupted_takeover,  // the same between the decision and the last PROMOTE
  set_not_minimum,       // the newest markers' minimum is not common
  old_frame,             // a frame came on a connection that was given up by its sender
  duplicate_frame,       // a frame came twice
  recycled_segment,      // a segment file was used again
  journal_full,          // a write was refused with ENOSPC
  fenced,                // an old primary learned of the takeover
  // By ordeals:
  full_at_heal,           // a journal that was full when everything healed, and got no more room
  failed_sync,            // an fsync failed
  io_error,               // a read or write failed with EIO
  disk_full,              // a file system had no room for a write
  written_on_both_sides,  // a write was acknowledged at the first site behind a takeover
  marker_on_new_lineage,  // one was sealed where it was taken over
  rogue_message,          // one was sent that no correct coordinator sends
  primary_put_back,       // from a copy
  secondary_put_back,     // from a copy, behind what it had applied
  stopped_process,        // a gateway got SIGSTOP, and went on later
  hung_disk,              // a write to a journal took longer than a hold may
  odd_clock,              // a hold ended without RELEASE by a clock that is not the world's
  bit_rot,                // bits of a gateway's segments changed
  no_descriptor,          // a file could not be opened for want of a descriptor
  count_
};

const char* name_of(situation s);

class situations {
 public:
  void meet(situation s, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(s)] += times; }
  void add(const situations& other);
  // Prints one line each; returns whether none is zero.
  bool print() const;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(situation::count_)> counts_{};
};

}  // namespace cairn::sim
