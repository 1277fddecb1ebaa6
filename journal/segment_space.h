// The segment files of a journal and the bound on their space: which are in use, which is ready for
// the next append, which are free.
//
//   free file ──prepare──► ready ──take_ready──► in use ──retire──► retired ──(no pins)──► free
//
// Thread-safe. Files are opened, written and synced outside the lock, in prepare(); all other
// functions touch memory only. Lock order: the append lock may be held by a caller of anything but
// prepare() and collect().
//
// Space: used segments, the catalog and some headroom for it stay below size_max. Data leaves two
// segments free, a marker one; seals and voids take the last one; a start takes its segment even
// above the bound and says so.
//
// Not here: what the records in a segment are, and the catalog's rows (the owner's hooks).
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/heartbeat.h"
#include "base/random.h"
#include "journal/segment.h"

namespace cairn {

enum class append_purpose { data, marker, outcome, start };  // outcome: seal or void

struct segment_bounds {
  std::uint64_t segment_bytes = 0;
  std::uint64_t size_max = 0;  // segments and catalog
  log_subject about = {};
};

class segment_space {
 public:
  // The first two commit durably, once. `add_rows`: before anything is appended to the segments.
  // `drop_row`: before the file of a segment that was never appended to is used again.
  // `sync_failed`: of a new segment's file or of its directory; final (I9).
  struct owner_hooks {
    std::function<result<void>(std::span<const segment_ptr> made)> add_rows;
    std::function<result<void>(std::uint64_t number)> drop_row;
    std::function<void(const std::string& why)> sync_failed;
  };

  segment_space(disk& on, std::string directory, uuid journal, segment_bounds bounds,
                random_source& random, owner_hooks owner);

  // ---- at open, before anything else
  void adopt(segment_ptr in_use);
  void add_free(std::string name);
  void start_numbers_at(std::uint64_t next) { next_number_ = next; }

  // ---- while running
  void set_incarnation(incarnation current) { incarnation_ = current.value; }
  void set_catalog_bytes(std::uint64_t n);
  segment_ptr find(std::uint64_t number) const;  // null when it is gone
  // The segment that was prepared in this incarnation, now in use; null when there is none.
  segment_ptr take_ready();
  bool has_ready() { return count_ready() > 0; }
  segment_ptr next_ready() const;  // what take_ready() would give; stays ready
  // Whether an append for this purpose may go into a segment that is in use or ready.
  bool admits(append_purpose purpose) const {
    return purpose != append_purpose::data || admits_data_;
  }
  // Makes a segment ready unless one is. ENOSPC when the bound forbids that, or the append, for
  // this purpose.
  result<void> prepare(append_purpose purpose);
  // Makes as many ready as a journal of this size keeps for fast hosts, or as the bound admits.
  result<void> prepare_ahead();
  // Their files are free again, as far as the owner's rows can be dropped.
  result<void> give_back_ready();
  // Bytes of segments that are ready, and that would be if prepare_ahead() were always in time.
  std::uint64_t ready_bytes() const { return ready_count_ * bounds_.segment_bytes; }
  std::uint64_t ready_bytes_wanted() const { return ready_wanted() * bounds_.segment_bytes; }
  // The segment's records are gone from the catalog: the file is free when the last pin goes.
  void retire(std::uint64_t number);
  // Frees retired segments that nobody pins any more; deletes free files above the bound.
  result<void> collect();

  std::uint64_t used_bytes() const;
  std::uint64_t segments() const;
  std::uint64_t recycled() const { return recycled_; }
  std::uint64_t segment_bytes() const { return bounds_.segment_bytes; }
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

 private:
  struct chosen_file {
    std::string name;
    bool fresh = false;  // must be made and filled with zeroes
  };

  std::uint64_t used_locked() const;
  std::uint64_t room_locked() const;  // what the bound leaves for segments, bytes
  bool may_take_locked(append_purpose purpose) const;
  std::string full_text_locked() const;
  void look_at_room_locked();  // after each change of what is used
  std::size_t count_ready();
  std::uint64_t ready_wanted() const;
  result<void> prepare_alone(append_purpose purpose, std::size_t count);
  result<std::vector<segment_ptr>> make_all(append_purpose purpose, std::size_t count);
  void note_ready_locked() { ready_count_ = ready_.size(); }
  result<void> take_back_stale();
  void set_stale_apart_locked();
  result<chosen_file> choose(append_purpose purpose);
  result<segment_ptr> make(const chosen_file& from);
  result<void> sync_made(file& store, bool fresh);
  void give_back_unmade_locked(std::size_t made);
  std::string new_name_locked() const;

  disk& on_;
  const std::string directory_;
  const uuid journal_;
  const segment_bounds bounds_;
  random_source& random_;
  const owner_hooks owner_;

  mutable std::mutex mutex_;                     // guards the members below it
  std::map<std::uint64_t, segment_ptr> in_use_;  // ready ones too
  std::deque<segment_ptr> ready_;
  std::vector<segment_ptr> stale_;  // for an older incarnation, or given back; prepare() takes them
  std::vector<segment_ptr> retired_;
  std::deque<std::string> free_;
  std::vector<chosen_file> being_made_;  // prepare() is busy with these; they count as used
  std::vector<std::string> leaving_;     // files that are being deleted; nobody takes their names

  turn_mutex prepare_mutex_{"who prepares segments"};  // one prepare() at a time; before mutex_
  std::uint64_t next_number_ = 1;                      // guarded by prepare_mutex_
  std::atomic<std::uint64_t> incarnation_ = 0;
  std::uint64_t catalog_bytes_ = 0;  // guarded by mutex_
  std::atomic<bool> admits_data_ = true;
  std::atomic<std::uint64_t> ready_count_ = 0;
  std::atomic<std::uint64_t> recycled_ = 0;
};

}  // namespace cairn
