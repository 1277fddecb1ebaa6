// What both roles of a member share: its journal, its volumes, how far these show what is in the
// journal, and what is told of lag and link.
//
// Owned by the member, which outlives nobody that uses it. Thread-safe but for the table of
// volumes, which changes before the first record only, under `turn()` and the destaging's turn.
//
// Locks, in the order in which they may be taken: the primary's change lock, turn(), the
// destaging's turn, the secondary's turn of arrivals, then any one of the small ones (gate,
// visible, lag, peer, seals), under which nothing else is called.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/guarded.h"
#include "base/heartbeat.h"
#include "config/config.h"
#include "gateway/member/faces.h"
#include "gateway/volume/lag_samples.h"
#include "gateway/volume/volume.h"
#include "journal/journal.h"

namespace cairn {

class member_core {
 public:
  using volume_list = std::vector<std::unique_ptr<volume>>;  // in the order of the configuration

  member_core(const member_config& config, std::unique_ptr<journal> log, volume_list volumes);

  const member_config& config() const { return config_; }
  journal& log() const { return *log_; }
  // The highest that was accepted here or came from the primary; each grows by itself.
  std::pair<epoch, marker_number> highest_marker() const;
  member_role role() const { return role_; }
  void become(member_role role) { role_ = role; }  // what is durable says so already

  // ---- volumes
  volume& at(std::size_t volume) const { return *volumes_[volume]; }
  const volume_list& volumes() const { return volumes_; }
  const std::vector<volume*>& table() const { return table_; }  // by index - 1 in the journal
  // Fills the table from the journal's indexes; a volume that a secondary's primary has not named
  // yet has none, and no record. EINVAL where they are out of order.
  result<void> index_volumes();
  std::vector<volume_facts> facts() const;

  // ---- what the volumes show
  // On a secondary a whole marker becomes visible at once: a read that an APPLY overtook is read
  // again, so it shows one marker or the next, never both. A primary's generation stands still.
  result<void> read(std::size_t volume, byte_span out, std::uint64_t offset) const;
  void new_generation() { ++generation_; }                    // with all maps locked
  sequence shown() const { return sequence(shown_.load()); }  // every record up to here
  void shows(sequence upto) { shown_ = upto.value; }
  void enter(const row& r) {  // into the map of its volume
    table_[r.what.volume - 1]->enter(r.what, r.at);
    changed_bytes_ += r.what.data_length;
  }
  void changed(std::uint64_t more) { changed_bytes_ += more; }
  std::uint64_t changed_bytes() const { return changed_bytes_; }  // entered since the start

  // ---- the journal, beyond itself
  // Calls f with every row of (behind, upto], ascending, a bounded number in memory at a time.
  result<void> each_row(sequence behind, sequence upto,
                        const std::function<void(const row&)>& f) const;
  // One fdatasync, shared by all who wait for one.
  result<void> sync();
  std::uint64_t synced_bytes() const { return synced_bytes_; }  // of changed_bytes(), durable

  // ---- told to people
  // Takes note of a record for what lag is told.
  void count(const row& r, monotonic_time now) {
    if (!changes_volume(r.what.kind)) return;
    lag_.with(
        [&](lag_samples& s) { s.add(r.what.volume - 1, r.what.range.length, r.what.seq, now); });
  }
  guarded<lag_samples>& lag() { return lag_; }
  const guarded<lag_samples>& lag() const { return lag_; }
  struct link_view {
    link_state state = link_state::connecting;
    std::string because;
  };
  void set_link(link_state state, const std::string& because);
  void link_lost();  // of which nothing is to be said yet
  link_view link() const;
  // What is in the log of this member, or of one of its volumes.
  log_subject subject(const std::string& of_volume = {}) const {
    return {config_.group, config_.name, of_volume};
  }
  std::string sentence(const std::string& what) const;  // "member m1: what"
  // To a secondary coordinator.
  control_refusal refuse(const char* about, marker_id m, const std::string& why) const;

  // Who applies, promotes, or changes what is known of the volumes.
  turn_mutex& turn() { return turn_; }

 private:
  const member_config config_;
  const std::unique_ptr<journal> log_;
  const volume_list volumes_;
  std::vector<volume*> table_;
  std::atomic<member_role> role_;
  std::atomic<std::uint64_t> shown_{0};
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint64_t> changed_bytes_{0};
  std::atomic<std::uint64_t> synced_bytes_{0};
  guarded<lag_samples> lag_;
  guarded<link_view> link_;
  turn_mutex turn_{"who applies"};
};

}  // namespace cairn
