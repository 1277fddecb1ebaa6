// A volume: its backing file (or block device) and the pending map over it.
//
// A read takes the map's lock only to look up; the bytes come from pinned segments and from the
// backing file without a lock. Destaging writes the backing file first and removes from the map
// second, so a reader finds each byte in one of the two.
//
// Threads: all functions may be called from any thread; write_backing, sync_backing and settle only
// from the one that destages.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/guarded.h"
#include "base/heartbeat.h"
#include "config/config.h"
#include "gateway/volume/pending_map.h"
#include "journal/journal.h"
#include "storage/disk.h"
#include "storage/sync_guard.h"

namespace cairn {

// What a range of a volume is.
struct extent {
  byte_range range;
  bool zero = false;  // reads as zeroes
  bool hole = false;  // and takes no space
};

class volume {
 public:
  volume(volume_identity identity, std::unique_ptr<file> backing, log_subject about = {})
      : about_(std::move(about)),
        identity_(std::move(identity)),
        index_(identity_.with([](const auto& i) { return i.index; })),
        backing_(std::move(backing)) {}

  volume_identity identity() const {
    return identity_.with([](const auto& i) { return i; });
  }
  std::uint32_t index() const { return index_; }  // from 1; 0: not adopted yet
  // A secondary takes the ids that its primary made, before its first record; either side takes a
  // larger size.
  void become(const volume_identity& identity);

  // ---- what a reader sees
  // Reads [offset, offset + out.size()), which lies within the volume. `log` holds the records.
  result<void> read(byte_span out, std::uint64_t offset, journal& log) const;
  // The same, but only if no disk has to be waited for; false: it would, or it failed.
  bool read_cached(byte_span out, std::uint64_t offset, journal& log) const;
  // Makes one record visible.
  void enter(const record& r, const record_place& at);
  // For entering many records of several volumes as one change: the map and its lock.
  pending_map& map() { return map_; }
  turn_mutex& map_lock() const { return map_lock_; }
  // Zero where pending zeroes lie and in the backing file's holes; data elsewhere. As many as
  // extents_max, from the front of the range.
  std::vector<extent> extents(byte_range range, std::size_t extents_max) const;
  std::size_t pending() const;

  // ---- destaging
  result<void> write_backing(std::span<const iovec> parts, std::uint64_t offset);
  result<void> zero_backing(byte_range range, bool deallocate);
  result<void> sync_backing();
  // Makes room for so many bytes, durably; 0: for as many as a block device has now. Returns how
  // many the volume can have. EINVAL, with what it has, where a device is smaller.
  result<std::uint64_t> enlarge_backing(std::uint64_t size_bytes);
  // These records, of this volume, lie in the backing file: readers take them from there.
  void settle(std::span<const record* const> records);

  // ---- failure (I9): final, with its reason
  void fail_for_good(const std::string& reason);
  std::optional<std::string> failure() const;
  result<void> healthy() const;

 private:
  struct pinned_extent {
    pending_extent what;
    segment_pin pin;
  };
  std::vector<pinned_extent> look_up(byte_range range, journal& log) const;
  result<void> kept(const journal& log, sequence s) const;
  void add_extents(byte_range window, std::vector<extent>& out) const;
  template <class Pending, class Backing>
  result<void> assemble(byte_span out, std::uint64_t offset, journal& log, Pending&& pending,
                        Backing&& backing) const;

  const log_subject about_;
  guarded<volume_identity> identity_;
  std::atomic<std::uint32_t> index_;
  std::unique_ptr<file> backing_;
  sync_guard syncs_;
  // A turn, since an APPLY may have it for as long as it takes to enter all that it shows.
  mutable turn_mutex map_lock_{"who changes what a volume shows"};
  pending_map map_;
  std::atomic<bool> failed_{false};  // so that a read that may go on takes no lock to know it
  guarded<std::optional<std::string>> failure_;
};

// A backing file or device, open and locked for its owner, with room for `size_bytes`.
struct opened_backing {
  std::unique_ptr<file> at;
  std::uint64_t size_bytes = 0;
  bool empty = false;  // it was not known, and reads as zeroes throughout
};

// Opens that of a configured volume. One that the journal does not know (`known` is null) is made
// when it is missing; one that it knows must have all its bytes, and is made larger where the
// configuration says so. EINVAL where the size does not fit, ENOENT where a known one is missing,
// EBUSY where somebody else holds it.
result<opened_backing> open_backing(disk& on, const volume_config& configured,
                                    const volume_identity* known, int lock_wait_ms);

// What to say of a volume whose configured size is another one.
error shrinks(const volume_identity& known, std::uint64_t size_bytes);
std::string grows(const volume_identity& known, std::uint64_t size_bytes);

}  // namespace cairn
