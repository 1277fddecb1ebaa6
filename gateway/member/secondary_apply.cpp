// Selection at a secondary: REPORT and APPLY, and what its volumes show.
#include <cerrno>
#include <mutex>

#include "base/log.h"
#include "gateway/member/secondary_side.h"
#include "replication/watermarks.h"

namespace cairn {
namespace {

constexpr std::size_t rows_a_beat = 4096;
constexpr std::uint64_t stage_records_max = 128U << 10;

marker_id newest_usable(const journal& log, sequence from) {
  marker_id newest;
  for (const auto& m : log.markers(from))
    if (!m.voided && m.seal_at && m.seal_at <= log.durable()) newest = m.body.marker;
  return newest;
}

}  // namespace

secondary_side::secondary_side(member_core& core, destaging& destages,
                               std::function<void()> become_primary)
    : core_(core),
      destages_(destages),
      become_primary_(std::move(become_primary)),
      finished_(core),
      counted_(core.log().assigned()) {}

result<void> secondary_side::restore() {
  const auto& log = core_.log();
  const auto state = log.state();
  if (log.durable() < state.target_sequence)
    return fail(EIO,
                core_.sentence("the journal ends at record " + std::to_string(log.durable().value) +
                               ", but marker " + std::to_string(state.target.number.value) +
                               " at record " + std::to_string(state.target_sequence.value) +
                               " was to be applied; this copy must be made again"));
  core_.shows(log.backed());  // what the backing files hold at least
  // A start that is killed on a long way goes on from where it was, and frees journal as it goes.
  return advance_to(state.target_sequence, backs_too::yes);
}

control_message secondary_side::on_report(const report& r) { return answer_report(core_, r); }

control_message secondary_side::on_apply(const apply& a) {
  const std::lock_guard lock(core_.turn());
  if (core_.role() != member_role::secondary) return finished_.on_apply(a);
  const auto marker_at = choose(a);
  if (!marker_at) return core_.refuse("APPLY", a.marker, marker_at.error().text);
  if (auto done = advance_to(*marker_at, backs_too::no); !done)
    return core_.refuse("APPLY", a.marker, done.error().text);
  return applied{a.selection_epoch, a.marker};
}

// Where the marker is, durable as the target when it returns.
result<sequence> secondary_side::choose(const apply& a) {
  const auto found = core_.log().marker(a.marker);
  sequence marker_at;
  CAIRN_TRY(core_.log().update_state([&](member_state& s) -> result<void> {
    CAIRN_TRY(obey(s, a.selection_epoch));
    if (a.marker == s.target) return marker_at = s.target_sequence, result<void>{};
    if (!found || found->at > core_.log().durable())
      return fail(ENOENT, words_for(a.marker) + " is not stored here");
    if (found->at < s.target_sequence)
      return fail(EINVAL, words_for(a.marker) + " is behind the target, " + words_for(s.target));
    s.target = a.marker;
    s.target_sequence = marker_at = found->at;
    return {};
  }));
  return marker_at;
}

// A long way is gone in stages, from one sealed marker to a later one, so that memory does not grow
// with it: what a stage made pending is destaged before the next one goes too far.
result<void> secondary_side::advance_to(sequence marker_at, backs_too also) {
  check_apply(marker_at, core_.log().state().target_sequence);
  while (core_.shown() < marker_at) {
    while (destages_.pending_records() > background_pace::pending_records_soft && !stops_soon_ &&
           destages_.step()) {
    }
    if (stops_soon_) return fail(ESHUTDOWN, "the gateway is stopping");
    if (also == backs_too::yes) {
      destages_.back();
      destages_.trim(core_.log().backed());
    }
    CAIRN_TRY(show(next_stage(marker_at)));
  }
  return {};
}

sequence secondary_side::next_stage(sequence marker_at) const {
  const sequence from = core_.shown();
  const sequence limit(from.value + stage_records_max);
  if (marker_at <= limit) return marker_at;
  sequence stage = from;
  for (const auto& m : core_.log().markers(from.next())) {
    if (m.at > marker_at || (m.at > limit && stage > from)) break;
    if (m.seal_at && !m.voided) stage = m.at;
  }
  return stage > from ? stage : marker_at;
}

// The volumes show everything up to `end` at once: all maps change under all their locks.
result<void> secondary_side::show(sequence end) {
  const sequence from = core_.shown();
  std::vector<row> changes;
  CAIRN_TRY(core_.each_row(from, end, [&](const row& r) {
    if (shows_in_volume(r.what)) changes.push_back(r);
  }));
  std::vector<std::unique_lock<turn_mutex>> locks;
  for (auto* v : core_.table())
    if (v) locks.emplace_back(v->map_lock());
  core_.new_generation();
  std::size_t entered = 0;
  for (const row& r : changes) {
    if (++entered % rows_a_beat == 0) beat();
    core_.table()[r.what.volume - 1]->map().insert(r.what, r.at);
    core_.changed(r.what.data_length);
  }
  core_.shows(end);
  return {};
}

void secondary_side::fill(member_status& s) const {
  const auto& log = core_.log();
  const auto state = log.state();
  s.received = s.finished;
  s.stored = s.durable;
  s.applied = core_.shown();
  s.applied_marker = state.target;
  s.newest_stored = newest_usable(log, state.target_sequence);
}

}  // namespace cairn
