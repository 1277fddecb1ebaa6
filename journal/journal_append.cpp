#include <algorithm>
#include <array>
#include <cerrno>

#include "base/invariant.h"
#include "journal/journal_on_disk.h"

namespace cairn {
namespace {

// The end of a segment that only seals and voids may use when there is no other: a marker that was
// accepted can always be answered. A seal takes at most one block and a bit.
constexpr std::uint64_t outcome_room_bytes = 4 * sync_block_bytes;

append_purpose purpose_of(record_kind kind) {
  switch (kind) {
    case record_kind::seal:
    case record_kind::void_:
    case record_kind::final_:
      return append_purpose::outcome;
    case record_kind::marker:
    case record_kind::members:
    case record_kind::resync_begin:
    case record_kind::resync_end:
      return append_purpose::marker;
    default:
      return append_purpose::data;
  }
}

// What a primary's journal could hold, its secondary's must hold, too: up to the first marker that
// it can apply nothing is freed here. So the room that is kept for markers and seals counts; a
// secondary makes none of its own.
constexpr auto received = append_purpose::outcome;

std::uint64_t total_bytes(std::span<const iovec> parts) {
  std::uint64_t n = 0;
  for (const auto& part : parts) n += part.iov_len;
  return n;
}

const std::array<std::byte, sync_block_bytes> zeroes{};

// What follows the data of a record, up to the next one.
iovec padding_behind(const record& r) {
  const auto n = placed_bytes(r.data_length) - record_header_bytes - r.data_length;
  return {const_cast<std::byte*>(zeroes.data()), n};
}

// Header, data and padding as one pwritev wants them.
class record_parts {
 public:
  record_parts(const record& r, std::uint64_t salt, std::span<const iovec> data)
      : header_(encode_header(r, salt)) {
    parts_.reserve(data.size() + 2);
    parts_.push_back({header_.data(), header_.size()});
    parts_.insert(parts_.end(), data.begin(), data.end());
    if (const auto pad = padding_behind(r); pad.iov_len != 0) parts_.push_back(pad);
  }
  std::span<const iovec> all() const { return parts_; }

 private:
  record_header header_;
  std::vector<iovec> parts_;
};

// The same for records that lie one behind the other.
class run_parts {
 public:
  run_parts(std::span<const row> rows, std::span<const received_record> records,
            std::uint64_t salt) {
    headers_.reserve(rows.size());
    parts_.reserve(rows.size() * 3);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      headers_.push_back(encode_header(rows[i].what, salt));
      parts_.push_back({headers_.back().data(), headers_.back().size()});
      const auto data = records[i].data;
      if (!data.empty()) parts_.push_back({const_cast<std::byte*>(data.data()), data.size()});
      if (const auto pad = padding_behind(rows[i].what); pad.iov_len != 0) parts_.push_back(pad);
    }
  }
  std::span<const iovec> all() const { return parts_; }

 private:
  std::vector<record_header> headers_;
  std::vector<iovec> parts_;
};

marker_body body_in(std::span<const iovec> data) {
  bytes whole;
  for (const auto& part : data) {
    const auto* p = static_cast<const std::byte*>(part.iov_base);
    whole.insert(whole.end(), p, p + part.iov_len);
  }
  const auto body = decode_marker_body(whole);
  CAIRN_INVARIANT("internal", body.has_value(), "a control record was given a malformed body");
  return *body;
}

}  // namespace

result<void> journal_on_disk::accepting() const {
  if (const auto why = failure()) return fail(EIO, *why, error_class::final);
  return {};
}

result<append_slot> journal_on_disk::reserve(const record& draft) {
  CAIRN_INVARIANT("internal", draft.kind != record_kind::void_range, "a void-range was made here");
  const auto purpose = purpose_of(draft.kind);
  const auto need = placed_bytes(draft.data_length);
  if (need + segment_header_bytes + outcome_room_bytes > space_.segment_bytes())
    return fail(EINVAL, "journal " + directory_ + ": a record of " + std::to_string(need) +
                            " bytes does not fit a segment of " +
                            std::to_string(space_.segment_bytes()));
  for (;;) {
    CAIRN_TRY(accepting());
    CAIRN_TRY(help_with_rows());
    {
      std::unique_lock lock(append_mutex_);
      await_zeroes_locked(lock, need);
      if (auto slot = take_place_locked(draft, purpose)) return *slot;
    }
    CAIRN_TRY(space_.prepare(purpose));
  }
}

result<void> journal_on_disk::help_with_rows() {
  constexpr std::size_t rows_at_once = 8192;
  for (;;) {
    {
      std::unique_lock lock(append_mutex_);
      const auto backlog = [this] { return assigned_.value - catalogued_.value; };
      if (backlog() < backlog_rows_max) return {};
      // What has not finished has no row yet: one append that hangs must not let the others run on
      // without end.
      const auto has_rows = [this] { return finished_.reached() > catalogued_.value; };
      ++waiting_;
      advanced_.wait(lock, [&] { return failed_ || has_rows() || backlog() < backlog_rows_max; });
      --waiting_;
      if (failed_ || backlog() < backlog_rows_max) return {};
    }
    // The thread whose work this is lags behind: this caller lends a hand, or waits for it.
    const auto written = write_rows(rows_at_once);
    if (!written) return fail(written.error());
  }
}

bool journal_on_disk::fits_locked(std::uint64_t position, std::uint64_t need,
                                  append_purpose purpose) const {
  const auto kept = purpose == append_purpose::outcome ? 0 : outcome_room_bytes;
  return open_ && position + need + kept <= open_->head.bytes;
}

std::uint64_t journal_on_disk::next_position_locked(const record& r) const {
  const bool fresh = fresh_block_ || is_bulk(r.data_length);
  return fresh ? align_up(position_, sync_block_bytes) : position_;
}

std::optional<append_slot> journal_on_disk::take_place_locked(const record& draft,
                                                              append_purpose purpose) {
  // Nor may it open a ready segment: each would be spent on one record.
  if (!space_.admits(purpose)) return std::nullopt;
  const auto need = placed_bytes(draft.data_length);
  const bool fits = fits_locked(next_position_locked(draft), need, purpose);
  if (!fits && !open_next_segment_locked()) return std::nullopt;
  append_slot slot;
  slot.what = draft;
  slot.what.seq = assigned_.next();
  slot.what.made_in = open_->head.made_in;
  slot.what.durable_then = durable_;
  slot.at = take_bytes_locked(slot.what, need);
  slot.in = open_;
  return slot;
}

bool journal_on_disk::open_next_segment_locked() {
  auto next = space_.take_ready();
  if (!next) return false;
  open_ = std::move(next);
  contents_[open_->head.number] = {};
  undurable_.push_back(open_);
  position_ = segment_header_bytes;
  fresh_block_ = false;
  return true;
}

record_place journal_on_disk::take_bytes_locked(const record& r, std::uint64_t need) {
  const record_place at{open_->head.number, next_position_locked(r)};
  position_ = at.position + need;
  fresh_block_ = false;
  bulk_ = is_bulk(r.data_length);
  open_left_ = open_->head.bytes - position_;
  assigned_ = r.seq;
  auto& held = contents_[at.segment];
  if (!held.first) held.first = first_of(r);
  held.last = r.seq;
  tail_.push({r, at});
  return at;
}

result<void> journal_on_disk::write(const append_slot& slot, std::span<const iovec> data) {
  CAIRN_INVARIANT("internal", total_bytes(data) == slot.what.data_length,
                  "record " + std::to_string(slot.what.seq.value) + " was given other data");
  const record_parts parts(slot.what, slot.in->head.salt, data);
  auto written = slot.in->store->write(parts.all(), slot.at.position);
  if (!written) return give_up(slot, written.error());
  if (carries_marker(slot.what.kind)) book_.enter(slot.what, body_in(data));
  finish({slot.what, slot.at});
  return accepting();
}

result<void> journal_on_disk::give_up(const append_slot& slot, const error& why) {
  record gap;
  gap.kind = record_kind::gap;
  gap.made_in = slot.what.made_in;
  gap.seq = slot.what.seq;
  gap.durable_then = slot.what.durable_then;
  const record_parts parts(gap, slot.in->head.salt, {});
  if (auto written = slot.in->store->write(parts.all(), slot.at.position); !written)
    fail_journal(written.error().text);
  finish({gap, slot.at});
  return fail(why);
}

void journal_on_disk::finish(const row& done) {
  const std::lock_guard lock(append_mutex_);
  tail_.at(done.what.seq) = done;
  if (done.what.kind == record_kind::void_range)
    finished_.jump(done.what.seq.value);
  else
    finished_.mark(done.what.seq.value);
  CAIRN_INVARIANT("I7", finished_.reached() <= assigned_.value, "finished is beyond assigned");
  if (waiting_ > 0) advanced_.notify_all();
}

result<void> journal_on_disk::check_received(std::span<const received_record> records) const {
  const auto newest = current();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& r = records[i].what;
    const std::string name = "record " + std::to_string(r.seq.value) + " from the peer ";
    if (i > 0 && first_of(r) != records[i - 1].what.seq.next())
      return fail(EPROTO, name + "does not follow the one before it");
    if (first_of(r) > r.seq) return fail(EPROTO, name + "stands for no sequence");
    if (r.made_in > newest)
      return fail(EPROTO, name + "is of incarnation " + std::to_string(r.made_in.value) +
                              ", which was not announced");
    if (records[i].data.size() != r.data_length || r.data_length > record_data_max)
      return fail(EPROTO, name + "has other data than its header says");
    if (!valid_body(r.kind, records[i].data)) return fail(EPROTO, name + "has a malformed body");
    if (placed_bytes(r.data_length) + segment_header_bytes + outcome_room_bytes >
        space_.segment_bytes())
      return fail(EINVAL, name + "does not fit a segment of this journal");
  }
  return {};
}

result<void> journal_on_disk::append_received(std::span<const received_record> records) {
  CAIRN_TRY(check_received(records));
  while (!records.empty()) {
    CAIRN_TRY(accepting());
    CAIRN_TRY(help_with_rows());
    CAIRN_TRY(append_some(records));
  }
  return {};
}

result<void> journal_on_disk::append_some(std::span<const received_record>& records) {
  std::vector<row> rows;
  segment_ptr in;
  {
    std::unique_lock lock(append_mutex_);
    await_zeroes_locked(lock, space_.segment_bytes());  // however many fit
    const auto first = first_of(records.front().what);
    if (first != assigned_.next())
      return fail(EPROTO, "record " + std::to_string(first.value) +
                              " from the peer does not follow " + std::to_string(assigned_.value));
    rows = place_received_locked(records);
    in = open_;
  }
  if (rows.empty()) return space_.prepare(received);
  const auto now = records.first(rows.size());
  records = records.subspan(rows.size());
  const run_parts parts(rows, now, in->head.salt);
  if (auto written = in->store->write(parts.all(), rows.front().at.position); !written) {
    // Part of it may be there; a recovery would find it, so nothing may be put in its place.
    fail_journal(written.error().text);
    return fail(written.error());
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (carries_marker(now[i].what.kind))
      book_.enter(rows[i].what, *decode_marker_body(now[i].data));
  for (const auto& each : rows) finish(each);
  return {};
}

std::vector<row> journal_on_disk::place_received_locked(std::span<const received_record> records) {
  std::vector<row> rows;
  for (const auto& each : records) {
    const auto need = placed_bytes(each.what.data_length);
    const auto position = next_position_locked(each.what);
    if (!rows.empty() && position != position_) break;  // one pwritev leaves no holes
    const bool fits = fits_locked(position, need, received);
    if (!fits && (!rows.empty() || !open_next_segment_locked())) break;
    row r{each.what, {}};
    r.what.durable_then = durable_;
    r.at = take_bytes_locked(r.what, need);
    rows.push_back(r);
  }
  return rows;
}

}  // namespace cairn
