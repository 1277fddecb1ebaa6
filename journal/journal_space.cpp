#include <algorithm>
#include <cerrno>

#include "base/invariant.h"
#include "journal/journal_on_disk.h"

namespace cairn {
namespace {

// Pages of the open segment that are read in before appends come to them: as much as the fastest
// appends take between two calls of prepare_segment(), and a start that is looked at every time.
constexpr std::uint64_t warm_ahead_bytes = 128U << 20;
constexpr std::uint64_t warm_again_bytes = 256U << 10;

void read_written(const segment& in, std::uint64_t from, std::uint64_t to) {
  to = std::min(to, in.written_to.load());
  if (from < to) in.store->read_ahead({from, to - from});
}

}  // namespace

result<std::size_t> journal_on_disk::write_rows(std::size_t rows_max) {
  return catalog_.with([&](auto& c) { return write_rows_locked(*c, rows_max); });
}

journal_on_disk::row_batch journal_on_disk::next_batch(std::size_t rows_max) {
  const std::lock_guard lock(append_mutex_);
  row_batch batch;
  auto last = catalogued_;
  while (last.value < finished_.reached() && batch.rows.size() < rows_max) {
    batch.rows.push_back(tail_.at(last.next()));
    last = batch.rows.back().what.seq;
  }
  batch.watermark = std::min(durable_, last);
  batch.moved = !batch.rows.empty() || batch.watermark != saved_watermark_;
  return batch;
}

result<std::size_t> journal_on_disk::write_rows_locked(catalog& c, std::size_t rows_max) {
  CAIRN_TRY(accepting());
  const auto batch = next_batch(rows_max);
  if (!batch.moved) return std::size_t{0};
  const auto changed = book_.take_changed();
  const auto done = commit(c, database::durability::normal, [&]() -> result<void> {
    CAIRN_TRY(c.insert_rows(batch.rows));
    CAIRN_TRY(c.save_markers(changed));
    CAIRN_TRY(c.set_watermark("peer_stored", sequence(peer_stored_)));
    return c.set_watermark("durable", batch.watermark);
  });
  if (!done) {
    book_.give_back(changed);
    return fail(done.error());
  }
  note_catalog_bytes(c);
  const std::lock_guard lock(append_mutex_);
  if (!batch.rows.empty()) catalogued_ = batch.rows.back().what.seq;
  saved_watermark_ = batch.watermark;
  tail_.shrink(catalogued_);
  if (waiting_ > 0) advanced_.notify_all();
  return batch.rows.size();
}

result<void> journal_on_disk::write_all_rows_locked(catalog& c, sequence upto) {
  constexpr std::size_t rows_at_once = 8192;
  for (;;) {
    {
      const std::lock_guard lock(append_mutex_);
      if (catalogued_ >= upto && saved_watermark_ >= std::min(upto, durable_)) return {};
    }
    const auto written = write_rows_locked(c, rows_at_once);
    if (!written) return fail(written.error());
  }
}

result<void> journal_on_disk::save_backed(sequence backed) {
  return catalog_.with([&](auto& c) -> result<void> {
    {
      const std::lock_guard lock(append_mutex_);
      CAIRN_INVARIANT("I7", backed <= durable_,
                      "backed " + std::to_string(backed.value) + " is beyond durable " +
                          std::to_string(durable_.value));
      if (backed <= backed_) return {};
    }
    // A recovery reads pending records from behind `backed` on: it must know them by then.
    CAIRN_TRY(write_all_rows_locked(*c, backed));
    CAIRN_TRY(commit(*c, database::durability::normal,
                     [&] { return c->set_watermark("backed", backed); }));
    const std::lock_guard lock(append_mutex_);
    backed_ = backed;
    return {};
  });
}

result<void> journal_on_disk::save_peer_stored(sequence stored) {
  // Written with the next rows.
  for (auto known = peer_stored_.load(); known < stored.value;)
    if (peer_stored_.compare_exchange_weak(known, stored.value)) break;
  return {};
}

std::vector<std::uint64_t> journal_on_disk::trimmable(sequence upto, sequence& last) const {
  const std::lock_guard lock(append_mutex_);
  CAIRN_INVARIANT("I1", upto <= backed_,
                  "trim to " + std::to_string(upto.value) + " while backed is " +
                      std::to_string(backed_.value));
  std::vector<std::uint64_t> numbers;
  last = trimmed_;
  for (const auto& [number, held] : contents_) {
    if (held.aside) continue;
    if ((open_ && number == open_->head.number) || held.last > upto) break;
    last = std::max(last, held.last);
    numbers.push_back(number);
  }
  return numbers;
}

void journal_on_disk::forget_segment_locked(std::uint64_t number) {
  contents_.erase(number);
  std::erase_if(undurable_, [&](const segment_ptr& s) { return s->head.number == number; });
}

result<void> journal_on_disk::trim(sequence upto) {
  CAIRN_TRY(catalog_.with([&](auto& c) -> result<void> {
    sequence last;
    const auto numbers = trimmable(upto, last);
    if (numbers.empty()) return {};
    const auto forgotten = book_.trim(last, state().target_sequence);
    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {
      for (const auto number : numbers) CAIRN_TRY(c->drop_segment(number));
      CAIRN_TRY(c->forget_markers(forgotten));
      return c->trim(last);
    }));
    {
      const std::lock_guard lock(append_mutex_);
      trimmed_ = last;
      for (const auto number : numbers) forget_segment_locked(number);
    }
    for (const auto number : numbers) space_.retire(number);
    return {};
  }));
  return space_.collect();
}

// A system that is short of memory, or thinks that it is, drops pages that nobody used for a while:
// what was read in when the segment was prepared may be gone by the time that appends get there.
void journal_on_disk::warm_ahead() {
  segment_ptr in;
  std::uint64_t position = 0;
  {
    const std::lock_guard lock(append_mutex_);
    // Behind a bulk record come more, mostly; they need no page that was read in.
    if (!bulk_) in = open_;
    position = position_;
  }
  if (!in) return;
  const warm_mark here{in->head.number, position};
  if (warmed_.segment != here.segment || warmed_.position < position) warmed_ = here;
  const auto upto = position + warm_ahead_bytes;
  read_written(*in, position, position + warm_again_bytes);
  read_written(*in, warmed_.position, upto);
  warmed_.position = std::max(warmed_.position, upto);
  if (upto <= in->head.bytes) return;
  if (const auto next = space_.next_ready()) read_written(*next, 0, upto - in->head.bytes);
}

result<void> journal_on_disk::prepare_segment() {
  CAIRN_TRY(accepting());
  warm_ahead();
  auto made = space_.prepare_ahead();
  // The bound is not this caller's trouble: the append that meets it is told.
  if (!made && made.error().is == error_class::no_space) return {};
  return made;
}

// Where it ends. nullopt: none is open, or not all of its records are durable and have rows.
std::optional<record_place> journal_on_disk::close_open_segment() {
  const std::lock_guard lock(append_mutex_);
  if (!open_ || durable_ < assigned_ || catalogued_ < assigned_) return std::nullopt;
  const record_place end{open_->head.number, position_};
  open_.reset();
  open_left_ = 0;
  return end;
}

result<void> journal_on_disk::end_segments() {
  CAIRN_TRY(catalog_.with([&](auto& c) -> result<void> {
    const auto end = close_open_segment();
    if (!end) return {};
    return commit(*c, database::durability::full,
                  [&] { return c->end_segment(end->segment, end->position); });
  }));
  return space_.give_back_ready();
}

space_ahead journal_on_disk::ahead() const {
  return {open_left_ + space_.ready_bytes(), space_.ready_bytes_wanted()};
}

journal_usage journal_on_disk::usage() const {
  journal_usage out;
  out.bytes = space_.used_bytes() + catalog_bytes_;
  out.bytes_max = bytes_max_;
  out.segments = space_.segments();
  out.recycled = space_.recycled();
  return out;
}

}  // namespace cairn
