// The rare and dear trouble of a run. Most seeds have none, and go on as they would without this
// file; the others have one each, whose chances come from dice of their own (world::fate).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::sim {

enum class ordeal {
  none,
  full_journals,  // primaries' journals are small, stay as small, and their peers are away for long
  failed_sync,    // an fsync fails, once and again, of a segment, a backing file or the catalog
  io_errors,      // reads and writes fail with EIO
  disk_full,      // something else fills a gateway's file system for a while
  partial_loss,   // a takeover while primaries live, and hosts write on both sides
  new_lineage,    // markers where it was taken over
  rogue_messages,      // of every kind, in every role
  primary_put_back,    // from an older copy, whose successors its peer has met
  secondary_put_back,  // from an older copy
  stopped_processes,   // SIGSTOP
  hung_disks,          // primaries', for longer than any hold
  odd_clocks,          // each gateway's goes at a rate of its own
  primary_rots,        // bits of its segments change
  no_descriptors,      // EMFILE at every open, for a while
  // Behind this one: known to fail today (known_failing.h), so no seed has them by itself.
  first_known_failing,
  both_journals_full = first_known_failing,  // all are small, and no marker comes for long
  marker_after_restart,                      // a promoted gateway starts again
  rogue_numbers,                             // the highest there are, at a primary
  primary_back_in_silence,    // by name only: start ids let its peer tell it from what it met
  secondary_back_in_silence,  // and its primary does not mind
  secondary_rots,
  count_
};

const char* name_of(ordeal o);
std::optional<ordeal> ordeal_named(std::string_view name);
// Of a run with this seed.
ordeal ordeal_of(std::uint64_t seed);

}  // namespace cairn::sim
