// One real member on a disk that forgets, without threads: it comes up, its steps are made in an
// order of chance, it dies at any operation of its disk, also on its way up, and comes up again by
// itself. The first thing that must never be is kept as `violation` and ends the run.
//
// Nothing here knows what the volumes must hold: hosts.h and played_primary.h do.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "gateway/member/member.h"
#include "tests/crash/volume_images.h"
#include "tests/support/virtual_disk.h"
#include "tests/support/watched_disk.h"

namespace cairn {

// What a run has met; a test that meets none of one kind shows nothing of it.
struct cut_counts {
  std::uint64_t cuts = 0;         // losses of power
  std::uint64_t kills = 0;        // deaths that left the page cache
  std::uint64_t in_starts = 0;    // of both, on the way up
  std::uint64_t lost = 0;         // changes that were lost and might be
  std::uint64_t nested = 0;       // things that went on amid an append or a sync
  std::uint64_t recycled = 0;     // segments
  std::uint64_t compared = 0;     // whole images, with the backing files, after destaging all
  std::uint64_t sealed = 0;       // markers that must be there after any death
  std::uint64_t applied = 0;      // markers, at a secondary
  std::uint64_t truncations = 0;  // of a secondary's journal
  std::uint64_t promotions = 0;
};

// Syncs that are left out on purpose, once the member came up for the first time.
struct forgotten_syncs {
  std::string of;      // files whose path contains it
  unsigned every = 0;  // 0: none is left out
};

class mortal_member {
 public:
  static constexpr std::size_t volumes = 2;
  static constexpr std::uint64_t volume_bytes = 96 << 10;

  mortal_member(std::uint64_t seed, member_role role, cut_counts& seen, forgotten_syncs forgets);

  // Up, having died any number of times on the way.
  void start();
  // What the start left was looked at: from here on, a kill loses nothing.
  void came_up();
  // Arms a death at some operation of the disk from now on, or not.
  void may_die_soon();
  void end();  // by a kill or a loss of power
  bool alive() const { return violation.empty() && core_ && !store_.died(); }
  // Whether power was lost since the last start that succeeded.
  bool power_was_lost() const { return power_was_lost_; }

  member& core() { return *core_; }
  journal& log() { return core_->log(); }
  monotonic_time now() const { return now_; }
  void pass_time(std::chrono::milliseconds d) { now_ += d; }

  // One of the things that the member's threads repeat.
  void one_step();
  // All of them until nothing is left to do; then the backing files must hold the images, too.
  void settle(const volume_images& want);
  void compare(const volume_images& want, const char* when);
  void compare_some(const volume_images& want);

  // The world said no: right where the process died, or where the journal is full.
  bool may_fail(const error& e) const { return store_.died() || e.code == ENOSPC; }
  void blame(const std::string& what);

  // Called in the middle of an append: its sequence is given, its bytes are not there yet.
  std::function<void()> amid_append;
  // Called when records are about to be synced, by somebody who holds the lock for that.
  std::function<void()> amid_sync;

  seeded_random random;
  cut_counts& seen;
  std::string violation;

 private:
  void go_on_amid(const std::function<void()>& what);
  void die();

  const member_config config_;
  const forgotten_syncs forgets_;
  virtual_disk store_;
  watched_disk watched_;
  std::unique_ptr<member> core_;
  monotonic_time now_{};
  bool power_was_lost_ = false;
  unsigned depth_ = 0;  // of what goes on amid something else
};

}  // namespace cairn
