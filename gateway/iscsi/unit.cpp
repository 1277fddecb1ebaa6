#include "gateway/iscsi/unit.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "gateway/volume/room_patience.h"

namespace cairn::iscsi {
namespace {

using scsi::work;
using scsi::work_kind;
using scsi::work_outcome;

constexpr std::size_t piece_bytes = 1U << 20;  // of what is compared, checked or repeated

work_outcome outcome_of(const result<void>& r) {
  return {r ? 0 : r.error().code, std::nullopt, {}};
}

std::optional<std::uint64_t> first_difference(byte_view a, byte_view b) {
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
}

bool all_zero(byte_view block) {
  return std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{}; });
}

// Calls f(piece) for each piece of a range, until one fails or differs.
template <class F>
work_outcome piece_by_piece(byte_range range, F&& f) {
  for (std::uint64_t at = range.offset; at < range.end(); at += piece_bytes) {
    const auto done = f(byte_range{at, std::min<std::uint64_t>(piece_bytes, range.end() - at)});
    if (done.error != 0 || done.miscompare_at) return done;
  }
  return {};
}

// A full journal is told inside the call, everything else may come later: whichever comes first,
// the end of the call or the answer, decides who goes on.
enum class attempt_state : std::uint8_t { inside, full, over };

// false: the journal is full, and `done` will not be called.
bool begin(const std::function<void(acknowledge)>& attempt, const unit::acknowledge_work& done) {
  const auto now = std::make_shared<std::atomic<attempt_state>>(attempt_state::inside);
  attempt([now, done](const result<void>& r) {
    auto inside = attempt_state::inside;
    if (r || r.error().is != error_class::no_space ||
        !now->compare_exchange_strong(inside, attempt_state::full))
      done(outcome_of(r));
  });
  return now->exchange(attempt_state::over) != attempt_state::full;
}

}  // namespace

bool unit::try_now(const work& w, byte_view out, byte_span in, const acknowledge_work& done) {
  switch (w.kind) {
    case work_kind::read:
      if (!owner().read_cached(volume_.index, in, w.range.offset)) return false;
      done({});
      return true;
    case work_kind::write:
      if (w.fua || owner().write_delay(out.size()).count() > 0) return false;
      if (owner().ahead().bytes <= 2 * out.size()) return false;  // a segment has to be made
      return begin(
          [&](acknowledge a) {
            owner().write(volume_.index, out, w.range.offset, false, std::move(a));
          },
          done);
    case work_kind::prefetch:
      done({});
      return true;
    default:
      return false;
  }
}

// Hosts that write faster than the disks take it are slowed down evenly.
void unit::keep_pace(std::uint64_t write_bytes) const {
  if (const auto wait = owner().write_delay(write_bytes); wait.count() > 0)
    std::this_thread::sleep_for(wait);
}

// Of the same bytes to the same place, as long as there is hope for room.
template <class F>
result<void> unit::patiently(abort_flag aborted, F&& attempt) const {
  const auto pause = [&] {
    std::this_thread::sleep_for(room_patience::moment);
    return !stopping_;
  };
  return when_there_is_room([&] { return owner().room(); }, pause,
                            [&]() -> result<void> {
                              if (aborted) return fail(ECANCELED, {});
                              return attempt();
                            });
}

void unit::retry_when_full(const std::function<void(acknowledge)>& attempt, abort_flag aborted,
                           const acknowledge_work& done) const {
  const auto tried = patiently(aborted, [&]() -> result<void> {
    if (begin(attempt, done)) return {};
    return fail(ENOSPC, {});
  });
  if (!tried) done(outcome_of(tried));
}

bool unit::takes_room(work_kind kind) {
  switch (kind) {
    case work_kind::write:
    case work_kind::write_same:
    case work_kind::zero:
    case work_kind::unmap:
    case work_kind::write_and_check:
    case work_kind::write_and_compare:
    case work_kind::compare_and_write:
    case work_kind::or_write:
      return true;
    default:
      return false;
  }
}

void unit::run(const work& w, byte_view out, byte_span in, abort_flag aborted,
               const acknowledge_work& done) {
  switch (w.kind) {
    case work_kind::read:
      return done(outcome_of(owner().read(volume_.index, in, w.range.offset)));
    case work_kind::write:
      return write(w, out, aborted, done);
    case work_kind::write_and_check:
    case work_kind::write_and_compare:
      return done(write_and_look(w, out, aborted));
    case work_kind::write_same:
      return write_same(w, out, aborted, done);
    case work_kind::zero:
      return clear({w.range}, record_kind::zero, w.fua, aborted, done);
    case work_kind::unmap:
      return clear(w.ranges, record_kind::trim, w.fua, aborted, done);
    case work_kind::flush:
      return done(outcome_of(owner().flush(volume_.index)));
    case work_kind::check:
      return done(check(w.range));
    case work_kind::compare:
      return done(compare(w.range, out));
    case work_kind::compare_and_write:
    case work_kind::or_write:
      return change(w, out, aborted, done);
    case work_kind::lba_status:
      return done(status_of(w));
    case work_kind::prefetch:
      return done({});
  }
}

void unit::write(const work& w, byte_view out, abort_flag aborted,
                 const acknowledge_work& done) const {
  keep_pace(out.size());
  retry_when_full(
      [&](acknowledge a) {
        owner().write(volume_.index, out, w.range.offset, w.fua, std::move(a));
      },
      aborted, done);
}

work_outcome unit::write_and_wait(byte_view out, std::uint64_t offset, bool fua,
                                  abort_flag aborted) const {
  keep_pace(out.size());
  return outcome_of(
      patiently(aborted, [&] { return owner().write_and_wait(volume_.index, out, offset, fua); }));
}

work_outcome unit::write_and_look(const work& w, byte_view out, abort_flag aborted) const {
  if (const auto written = write_and_wait(out, w.range.offset, w.fua, aborted); written.error != 0)
    return written;
  return w.kind == work_kind::write_and_check ? check(w.range) : compare(w.range, out);
}

// One after the other: each is acknowledged before the next begins.
void unit::clear(const std::vector<byte_range>& ranges, record_kind kind, bool fua,
                 abort_flag aborted, const acknowledge_work& done) const {
  for (const auto& each : ranges) {
    keep_pace(0);
    const auto cleared =
        patiently(aborted, [&] { return owner().clear_and_wait(volume_.index, kind, each, fua); });
    if (!cleared) return done(outcome_of(cleared));
  }
  done({});
}

void unit::write_same(const work& w, byte_view block, abort_flag aborted,
                      const acknowledge_work& done) const {
  if (all_zero(block)) return clear({w.range}, record_kind::zero, w.fua, aborted, done);
  bytes pattern(std::min<std::uint64_t>(w.range.length, piece_bytes));
  for (std::size_t at = 0; at < pattern.size(); at += block.size())
    std::memcpy(pattern.data() + at, block.data(), std::min(block.size(), pattern.size() - at));
  done(piece_by_piece(w.range, [&](byte_range piece) {
    return write_and_wait(byte_view(pattern).first(piece.length), piece.offset, w.fua, aborted);
  }));
}

void unit::change(const work& w, byte_view out, abort_flag aborted,
                  const acknowledge_work& done) const {
  keep_pace(w.range.length);
  const auto compare_first = w.kind == work_kind::compare_and_write;
  auto differs = std::make_shared<std::optional<std::uint64_t>>();
  const auto rewrite = [&](byte_span there) {
    if (compare_first) {
      *differs = first_difference(there, out.first(there.size()));
      if (*differs) return false;
      std::copy_n(out.begin() + static_cast<std::ptrdiff_t>(there.size()), there.size(),
                  there.begin());
    } else {
      for (std::size_t i = 0; i < there.size(); ++i) there[i] |= out[i];
    }
    return true;
  };
  retry_when_full(
      [&](acknowledge a) { owner().change(volume_.index, w.range, w.fua, rewrite, std::move(a)); },
      aborted,
      [differs, done](const work_outcome& o) {
        done(*differs ? work_outcome{0, *differs, {}} : o);
      });
}

work_outcome unit::compare(byte_range range, byte_view with) const {
  bytes there(std::min<std::uint64_t>(range.length, piece_bytes));
  return piece_by_piece(range, [&](byte_range piece) -> work_outcome {
    const auto found = byte_span(there).first(piece.length);
    if (auto read = owner().read(volume_.index, found, piece.offset); !read)
      return outcome_of(read);
    const auto at = piece.offset - range.offset;
    const auto d = first_difference(found, with.subspan(at, piece.length));
    return {0, d ? std::optional(at + *d) : std::nullopt, {}};
  });
}

work_outcome unit::check(byte_range range) const {
  bytes there(std::min<std::uint64_t>(range.length, piece_bytes));
  return piece_by_piece(range, [&](byte_range piece) -> work_outcome {
    if (stopping_) return {ESHUTDOWN, std::nullopt, {}};
    const auto found = byte_span(there).first(piece.length);
    return outcome_of(owner().read(volume_.index, found, piece.offset));
  });
}

work_outcome unit::status_of(const work& w) const {
  const auto found = owner().extents(volume_.index, w.range, w.extents_max);
  if (!found) return {found.error().code, std::nullopt, {}};
  work_outcome out;
  for (const auto& each : *found) out.extents.push_back({each.range, !each.hole});
  return out;
}

}  // namespace cairn::iscsi
