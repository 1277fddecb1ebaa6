// The journal of one member: every write and every marker, in one order.
//
// Write data lies in segment files, update information in a SQLite catalog (docs/journal.md). The
// journal owns no thread: its owner calls sync(), write_rows() and trim() from threads of its own,
// and the simulator calls the same functions step by step. All public functions are thread-safe.
//
// Watermarks (I7): trimmed <= backed <= destaged <= durable <= finished <= assigned. The journal
// keeps assigned, finished, durable, trimmed and the peer's `stored`, and is told destaged/backed.
//
// An append: reserve() hands out sequence and place in a short critical section, write() puts
// header and data there with one pwritev from the caller's buffers and marks the sequence finished.
//
// Not here: volumes, holds, the link. gateway/member/member.h puts these together.
#pragma once
#include <sys/uio.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/random.h"
#include "base/raw_bytes.h"
#include "base/result.h"
#include "replication/lineage.h"
#include "replication/member_state.h"
#include "replication/record.h"
#include "storage/disk.h"

namespace cairn {

// Where a record lies. `segment` counts uses of segment files and is never reused.
struct record_place {
  std::uint64_t segment = 0;   // 0: a row without bytes (a gap made by recovery)
  std::uint64_t position = 0;  // of the header, in bytes from the file's start
  friend bool operator==(const record_place&, const record_place&) = default;
};

struct row {
  record what;
  record_place at;
};

struct volume_identity {
  std::uint32_t index = 0;  // from 1, fixed for the member's life
  uuid id;                  // shared by the pair; made by the primary
  std::string name;
  std::uint64_t size_bytes = 0;
  std::uint64_t naa = 0;    // NAA 3h (locally assigned) id for SCSI, shared by the pair
  std::string serial;       // shared by the pair
  bool born_empty = false;  // read as zeroes when the journal was made
  friend bool operator==(const volume_identity&, const volume_identity&) = default;
};

struct journal_options {
  std::string directory;  // holds catalog.db, lock, segments/; made when it is missing
  std::string group;      // must match what the journal was made with
  std::string member;
  member_role first_role = member_role::primary;  // used only when the journal is made
  std::uint64_t segment_bytes = 256ULL << 20;
  std::uint64_t size_max = 16ULL << 30;  // segments and catalog together
  int lock_wait_ms = 10'000;
};

// How much of a volume's changes lies in the journal.
struct held_changes {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // of their ranges
};

// What recovery found and did.
struct recovery_report {
  bool made_new = false;
  sequence durable_watermark;  // that the rows were trusted up to
  sequence last_found;
  std::vector<sequence> gaps;         // made by this recovery (primary)
  sequence cut_to;                    // a secondary's recovery: last record kept
  std::vector<marker_body> unsealed;  // markers that the owner must void
  std::uint64_t records_scanned = 0;
  std::map<std::uint32_t, held_changes> held;  // by the volume's index; records not trimmed
};

// One marker as the journal knows it.
struct marker_row {
  marker_body body;
  sequence at;       // of the marker record
  sequence seal_at;  // 0: not sealed
  bool voided = false;
};

// A place for one append; from reserve() to write() or give_up(), exactly once.
struct append_slot {
  record what;
  record_place at;
  std::shared_ptr<struct segment> in;  // the journal's own
};

// One record as a peer sent it: decoded header and a view of its data.
struct received_record {
  record what;
  byte_view data;
};

// A promise that covers every append reserved before it was taken.
struct sync_point {
  std::uint64_t boundary = 0;  // last sequence covered
  std::uint64_t cuts = 0;      // truncations and forks before it; a later one makes it void
};

// Keeps a segment from being recycled while it is alive, and reads from it, trimmed or not. Cheap
// to copy.
class segment_pin {
 public:
  segment_pin() = default;
  explicit segment_pin(std::shared_ptr<const file> in) : in_(std::move(in)) {}
  explicit operator bool() const { return bool(in_); }

  // Data of the record at `at`, which lies in this segment, from `skip` on. No checksum (host reads
  // are partial).
  result<void> read(const record_place& at, std::uint64_t skip, byte_span out) const {
    return in_->read(out, at.position + record_header_bytes + skip);
  }
  // The same, but only if no disk has to be waited for.
  bool read_cached(const record_place& at, std::uint64_t skip, byte_span out) const {
    return in_->read_cached(out, at.position + record_header_bytes + skip);
  }

 private:
  std::shared_ptr<const file> in_;
};

// Space that appends can take before another segment has to be made ready: it falls when that is
// slower than the appends, and when the bound is near.
struct space_ahead {
  std::uint64_t bytes = 0;
  std::uint64_t wanted = 0;  // where making segments ready keeps up
};

struct journal_usage {
  std::uint64_t bytes = 0;      // segments in use and catalog
  std::uint64_t bytes_max = 0;  // the configured bound
  std::uint64_t segments = 0;
  std::uint64_t recycled = 0;  // since the start
};

class journal {
 public:
  // Opens or makes the journal, locks it, recovers it. A journal whose saved role is primary makes
  // a new incarnation, durable with the gap rows before this returns; a secondary's recovery cuts
  // at the first hole and makes nothing. Fails with a sentence that names file, sequence and
  // position where anything at or below the durable watermark is damaged, or when group or member
  // do not match. `random` draws salts and ids; it must outlive the journal, as must `on`.
  static result<std::unique_ptr<journal>> open(disk& on, const journal_options& options,
                                               random_source& random, recovery_report* report);
  virtual ~journal() = default;

  // ---- identity and state
  virtual uuid id() const = 0;
  virtual uuid start_id() const = 0;  // drawn when it was opened, and anew by fork()
  virtual std::vector<volume_identity> volumes() const = 0;
  // Adds, adopts or grows; durable when it returns. Index and id of a known name must not change,
  // and its size must not shrink.
  virtual result<void> save_volumes(const std::vector<volume_identity>& all) = 0;
  virtual member_state state() const = 0;
  // Durable (synchronous=FULL) when it returns. Thread-safe read-modify-write: `change` edits the
  // current state under the journal's lock; nothing is saved and its error is returned if it fails.
  virtual result<void> update_state(const std::function<result<void>(member_state&)>& change) = 0;
  virtual std::vector<incarnation_start> starts() const = 0;  // oldest first
  virtual incarnation current() const = 0;  // primary: of this start; secondary: newest learned

  // ---- appending as primary
  // kind, volume, range, data_length, data_crc are taken from `draft`; the rest is filled in.
  // Refused with ENOSPC when the bound is reached (control records have room kept), with EIO when
  // the journal failed. Never of a void-range: these only arrive.
  virtual result<append_slot> reserve(const record& draft) = 0;
  // One pwritev of header and `data` (data_length bytes in all). After success the record is
  // finished. On failure it has become a gap, or the journal has failed; either way the prefix
  // goes on.
  virtual result<void> write(const append_slot& slot, std::span<const iovec> data) = 0;

  // ---- appending as secondary
  // Appends consecutive records, the first one behind `assigned`, with one pwritev (two at the end
  // of a segment); headers are written anew for this segment. Checksums were checked by the caller.
  virtual result<void> append_received(std::span<const received_record> records) = 0;
  // Drops every record above `keep_to` and learns `starts`, durable in one step before it returns.
  // Invariant: never below the target or a sealed, stored marker that was reported (I6).
  virtual result<void> truncate(sequence keep_to,
                                const std::vector<incarnation_start>& learned) = 0;
  // Takeover: sets every record above `keep_to` aside (kept on disk, listed in the catalog's
  // `aside` table, no longer part of the journal), opens a new incarnation as primary, and saves
  // `state`; durable in one step before it returns. ESTALE: a higher selection epoch was noted
  // since `state` was read.
  virtual result<void> fork(sequence keep_to, const member_state& state) = 0;

  // ---- durability
  virtual sequence assigned() const = 0;
  virtual sequence finished() const = 0;  // prefix
  virtual sequence durable() const = 0;   // prefix
  virtual sequence trimmed() const = 0;
  // Cuts here: later appends begin a fresh 4 KiB block.
  virtual sync_point begin_sync() = 0;
  // Whether all appends up to the point have finished.
  virtual bool ready(sync_point point) const = 0;
  // fdatasync of every segment with undurable records up to the point, then durable() >= boundary.
  // A failure is final (I9): the journal has failed. Precondition: ready(point).
  virtual result<void> complete_sync(sync_point point) = 0;
  // The three in one, waiting; concurrent callers share one fdatasync. For FLUSH and FUA.
  virtual result<void> sync() = 0;
  // The reason, once the journal has failed: from then on nothing is accepted.
  virtual std::optional<std::string> failure() const = 0;

  // ---- catalog
  // Inserts the rows of finished appends (at most `rows_max`) and the durable watermark, in one
  // NORMAL commit; returns how many were inserted. Call from one thread (or the simulator).
  virtual result<std::size_t> write_rows(std::size_t rows_max) = 0;
  // Rows of sequences [from, upto], at most rows_max and bytes_max of data, ascending; only
  // finished ones, stops before the first that is not. Each begins behind the one before it; of a
  // void-range one row stands for many, so the first may begin before `from` and the last end
  // behind `upto`. From a bounded tail in memory, or the
  // catalog. ENODATA when `from` is trimmed.
  virtual result<std::vector<row>> rows(sequence from, sequence upto, std::size_t rows_max,
                                        std::uint64_t bytes_max) = 0;
  virtual std::vector<marker_row> markers(sequence from) const = 0;  // marker at >= from, ascending
  virtual std::optional<marker_row> marker(marker_id id) const = 0;
  virtual std::optional<marker_row> newest_marker() const = 0;

  // ---- reading bytes
  // Pins the segment; empty pin when it is gone.
  virtual segment_pin pin(std::uint64_t segment) const = 0;
  // Header (plain, salt 0) and data of each row, checked: EBADMSG naming sequence, file and
  // position where a checksum does not match. Appends stored_bytes() of each to `out`, also of
  // those before a damaged one. Rows that lie one behind the other cost one read. A gap without
  // place is made.
  virtual result<void> read_records(std::span<const row> rows, raw_bytes& out) = 0;
  result<void> read_record(const row& r, raw_bytes& out) { return read_records({&r, 1}, out); }

  // ---- space
  virtual journal_usage usage() const = 0;
  virtual space_ahead ahead() const = 0;  // takes no lock
  // Frees whole segments whose every record is <= upto: commits `trimmed` durably, then recycles.
  // The owner has made sure that upto <= backed and, on a primary, <= stored at the peer.
  virtual result<void> trim(sequence upto) = 0;
  // Prepares the next segment off the append path (allocates or recycles, new salt, header synced)
  // unless enough are ready, and has the pages that appends come to next read in. Call
  // from one background thread, every few milliseconds.
  virtual result<void> prepare_segment() = 0;
  // For a stop in order, when everything is durable and in the catalog: ends the segment of the
  // last append and gives back those that are ready, so that the next start has nothing to scan.
  // Where something is still on its way it does less. Appends may come later; they make a segment.
  virtual result<void> end_segments() = 0;
  // Remembers `backed` (durable NORMAL commit): recovery rebuilds pending maps from here.
  virtual result<void> save_backed(sequence backed) = 0;
  virtual sequence backed() const = 0;
  // How far the peer has it durably (primary), for display after a restart; not trusted (HELLO is).
  virtual result<void> save_peer_stored(sequence stored) = 0;
};

}  // namespace cairn
