// The journal, put together from its parts: segment_space (files), catalog (SQLite), record_tail
// and marker_book (memory).
//
// Locks, in the order in which they may be taken:
//   sync_mutex_     one fdatasync at a time; also held by truncate and fork
//   catalog_        the writing connection: rows, commits
//   append_mutex_   sequence, place, watermarks, the tail: memory only, no I/O under it
//   segment_space's own
// No lock is held while a record is written: a write may run into any other call.
//
// The parts of its interface: journal_open.cpp, journal_append.cpp, journal_sync.cpp,
// journal_cut.cpp, journal_read.cpp, journal_space.cpp.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "base/guarded.h"
#include "base/heartbeat.h"
#include "base/prefix.h"
#include "journal/catalog.h"
#include "journal/journal.h"
#include "journal/marker_book.h"
#include "journal/record_tail.h"
#include "journal/recovery.h"
#include "journal/segment_space.h"
#include "journal/zeroes_ahead.h"
#include "storage/sync_guard.h"

namespace cairn {

struct writing_turn : turn_mutex {
  writing_turn() : turn_mutex("who writes a catalog") {}
};
struct reading_turn : turn_mutex {
  reading_turn() : turn_mutex("who reads a catalog") {}
};

class journal_on_disk final : public journal {
 public:
  journal_on_disk(disk& on, const journal_options& options, random_source& random,
                  std::unique_ptr<file> lock, std::unique_ptr<catalog> writer,
                  std::unique_ptr<catalog_reader> reader, const recovered& from);

  // The last step of opening: a segment for the first append.
  result<void> prepare_first_segment();

  uuid id() const override { return id_; }
  uuid start_id() const override;
  std::vector<volume_identity> volumes() const override;
  result<void> save_volumes(const std::vector<volume_identity>& all) override;
  member_state state() const override;
  result<void> update_state(const std::function<result<void>(member_state&)>& change) override;
  std::vector<incarnation_start> starts() const override;
  incarnation current() const override;

  result<append_slot> reserve(const record& draft) override;
  result<void> write(const append_slot& slot, std::span<const iovec> data) override;
  result<void> append_received(std::span<const received_record> records) override;
  result<void> truncate(sequence keep_to, const std::vector<incarnation_start>& learned) override;
  result<void> fork(sequence keep_to, const member_state& state) override;

  sequence assigned() const override;
  sequence finished() const override;
  sequence durable() const override;
  sequence trimmed() const override;
  sync_point begin_sync() override;
  bool ready(sync_point point) const override;
  result<void> complete_sync(sync_point point) override;
  result<void> sync() override;
  std::optional<std::string> failure() const override;

  result<std::size_t> write_rows(std::size_t rows_max) override;
  result<std::vector<row>> rows(sequence from, sequence upto, std::size_t rows_max,
                                std::uint64_t bytes_max) override;
  std::vector<marker_row> markers(sequence from) const override { return book_.from(from); }
  std::optional<marker_row> marker(marker_id id) const override { return book_.find(id); }
  std::optional<marker_row> newest_marker() const override { return book_.newest(); }

  segment_pin pin(std::uint64_t segment) const override;
  result<void> read_records(std::span<const row> rows, raw_bytes& out) override;

  journal_usage usage() const override;
  space_ahead ahead() const override;
  result<void> trim(sequence upto) override;
  result<void> prepare_segment() override;
  result<void> end_segments() override;
  result<void> save_backed(sequence backed) override;
  sequence backed() const override;
  result<void> save_peer_stored(sequence stored) override;

 private:
  // The records of one segment in use. Guarded by append_mutex_.
  struct contents {
    sequence first, last;  // 0: none
    bool aside = false;    // holds records that were set aside: stays
  };
  struct warm_mark {
    std::uint64_t segment = 0;
    std::uint64_t position = 0;
  };
  struct identity {
    std::vector<volume_identity> volumes;
    member_state state;
    std::vector<incarnation_start> starts;
    uuid start;
  };

  // open
  result<void> add_segment_rows(std::span<const segment_ptr> made);
  result<void> drop_segment_row(std::uint64_t number);
  void note_catalog_bytes(catalog& c);

  // append
  result<void> accepting() const;
  result<void> help_with_rows();
  std::optional<append_slot> take_place_locked(const record& draft, append_purpose purpose);
  bool open_next_segment_locked();
  bool fits_locked(std::uint64_t position, std::uint64_t need, append_purpose purpose) const;
  std::uint64_t next_position_locked(const record& r) const;
  record_place take_bytes_locked(const record& r, std::uint64_t need);
  result<void> give_up(const append_slot& slot, const error& why);
  void finish(const row& done);
  result<void> check_received(std::span<const received_record> records) const;
  result<void> append_some(std::span<const received_record>& records);
  std::vector<row> place_received_locked(std::span<const received_record> records);

  // sync
  sync_point begin_sync_locked();
  bool ready_locked(sync_point point) const;
  result<void> complete_sync_alone(sync_point point);
  void became_durable(sequence boundary);
  void write_zeroes(const zeroes_ahead::run& due);
  void await_zeroes_locked(std::unique_lock<std::mutex>& lock, std::uint64_t need);
  void fail_journal(const std::string& why) const;

  // catalog and space
  struct row_batch {
    std::vector<row> rows;
    sequence watermark;  // durable, and the catalog has all rows up to it
    bool moved = false;  // something to commit
  };
  template <class F>
  result<void> commit(catalog& c, database::durability how, F&& body);
  row_batch next_batch(std::size_t rows_max);
  result<std::size_t> write_rows_locked(catalog& c, std::size_t rows_max);
  result<void> write_all_rows_locked(catalog& c, sequence upto);
  void forget_segment_locked(std::uint64_t number);
  void warm_ahead();
  std::optional<record_place> close_open_segment();
  std::vector<std::uint64_t> trimmable(sequence upto, sequence& last) const;

  // cut
  struct cut_plan {
    std::vector<std::uint64_t> empty;        // segments without a record
    std::vector<std::uint64_t> beyond;       // segments whose records all go
    std::optional<record_place> straddling;  // first record that goes, in a segment that stays
  };
  result<void> check_cut(sequence keep_to);
  result<void> check_between_records(sequence keep_to);
  result<cut_plan> plan_cut(sequence keep_to);
  static result<void> cut_segments(catalog& c, const cut_plan& plan, bool aside);
  void forget_behind(sequence keep_to, const cut_plan& plan, bool aside);
  result<void> learn(const std::vector<incarnation_start>& learned);
  void set_starts(const std::vector<incarnation_start>& learned);

  // read
  result<segment_ptr> segment_of(std::uint64_t number) const;

  const std::string directory_;
  const log_subject about_;
  const uuid id_;
  random_source& random_;
  const std::unique_ptr<file> lock_;

  turn_mutex sync_mutex_{"who syncs a journal"};  // guards syncs_
  sync_guard syncs_;
  guarded<std::unique_ptr<catalog>, writing_turn> catalog_;
  guarded<std::unique_ptr<catalog_reader>, reading_turn> reader_;
  guarded<identity> identity_;
  segment_space space_;
  marker_book book_;
  const std::uint64_t bytes_max_;

  mutable std::mutex append_mutex_;  // guards the members up to `waiting_`
  mutable std::condition_variable advanced_;
  sequence assigned_;
  prefix finished_;
  sequence durable_;
  sequence catalogued_;       // rows up to here are in the catalog
  sequence saved_watermark_;  // `durable` as the catalog has it
  sequence backed_, trimmed_;
  record_tail tail_;
  std::map<std::uint64_t, contents> contents_;
  std::deque<segment_ptr> undurable_;  // segments that may hold records above durable_
  segment_ptr open_;                   // that the next append goes to; null: take a ready one
  std::uint64_t position_ = 0;         // in open_, behind its last record
  bool fresh_block_ = false;           // a sync began: the next append starts a 4 KiB block
  bool bulk_ = false;                  // the last append was of a bulk record
  zeroes_ahead zeroes_;
  std::uint64_t cuts_ = 0;  // truncations and forks so far
  mutable int waiting_ = 0;

  warm_mark warmed_;  // pages up to here were read in; used by prepare_segment()'s thread only

  mutable std::mutex failure_mutex_;
  mutable std::string failure_text_;
  mutable std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> peer_stored_ = 0;
  std::atomic<std::uint64_t> catalog_bytes_ = 0;
  std::atomic<std::uint64_t> open_left_ = 0;  // bytes of open_ behind position_
};

template <class F>
result<void> journal_on_disk::commit(catalog& c, database::durability how, F&& body) {
  if (auto bad = failure()) return fail(EIO, *bad, error_class::final);
  auto done = c.commit(how, std::forward<F>(body));
  if (done) return done;
  // What may pass by itself is only returned; that a commit of ours is refused is a bug of ours.
  const auto is = done.error().is;
  if (is != error_class::no_space && is != error_class::passing) fail_journal(done.error().text);
  return done;
}

}  // namespace cairn
