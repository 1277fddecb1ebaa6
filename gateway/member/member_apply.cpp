// Selection at a secondary member: REPORT, APPLY, PROMOTE; volume ids from the primary; what its
// volumes show.
#include <cerrno>
#include <mutex>

#include "base/log.h"
#include "gateway/member/member_impl.h"
#include "replication/watermarks.h"

namespace cairn {
namespace {

constexpr std::size_t report_markers_max = 20'000;
constexpr std::size_t rows_at_once = 16'384;
constexpr std::size_t rows_a_beat = 4096;
constexpr std::uint64_t stage_records_max = 128U << 10;

std::string name(marker_id m) {
  return "marker " + std::to_string(m.number.value) + " of epoch " +
         std::to_string(m.made_in.value);
}

// Takes note of a secondary coordinator's epoch, or says that it is over.
result<void> obey(member_state& s, epoch asked) {
  if (asked < s.selection_epoch)
    return fail(ESTALE, "selection epoch " + std::to_string(asked.value) + " is over: epoch " +
                            std::to_string(s.selection_epoch.value) + " was answered");
  s.selection_epoch = asked;
  return {};
}

// Sealed, stored durably with every record before them, and not below the target.
std::vector<stored_marker> usable_markers(const journal& log, const member_state& s) {
  std::vector<stored_marker> out;
  const auto stored = log.durable();
  for (const auto& m : log.markers(s.target_sequence)) {
    if (!m.seal_at || m.seal_at > stored || m.voided) continue;
    out.push_back({m.body.marker, m.body.members_hash, m.body.group_hash, m.at});
  }
  // The newest ones are enough, and the target, which an interrupted APPLY needs.
  if (out.size() > report_markers_max)
    out.erase(out.begin() + 1, out.end() - static_cast<std::ptrdiff_t>(report_markers_max));
  return out;
}

}  // namespace

control_message member_impl::on_report(const report& r) {
  if (is_primary() && !log_->state().promoted)
    return refuse("REPORT", {}, "it is primary: only secondaries report");
  const auto obeyed = log_->update_state([&](member_state& s) -> result<void> {
    if (r.claim && r.selection_epoch == s.selection_epoch)
      return fail(ESTALE, "selection epoch " + std::to_string(r.selection_epoch.value) +
                              " was claimed before");
    return obey(s, r.selection_epoch);
  });
  const auto state = log_->state();
  if (!obeyed) {
    auto no = refuse("REPORT", {}, obeyed.error().text);
    no.highest_epoch = state.selection_epoch;
    return no;
  }
  reported answer;
  answer.selection_epoch = r.selection_epoch;
  answer.target = state.target;
  answer.applied = sequence(applied_) == state.target_sequence ? state.target : marker_id{};
  answer.promoted = state.promoted;
  answer.markers = usable_markers(*log_, state);
  answer.stored = log_->durable();
  return answer;
}

control_message member_impl::on_apply(const apply& a) {
  const std::lock_guard lock(apply_mutex_);
  const auto found = log_->marker(a.marker);
  sequence marker_at;
  const auto chosen = log_->update_state([&](member_state& s) -> result<void> {
    CAIRN_TRY(obey(s, a.selection_epoch));
    if (a.marker == s.target) return marker_at = s.target_sequence, result<void>{};
    if (s.promoted) return fail(EROFS, "it was promoted at " + name(s.promoted->at));
    if (!found || found->at > log_->durable())
      return fail(ENOENT, name(a.marker) + " is not stored here");
    if (found->at < s.target_sequence)
      return fail(EINVAL, name(a.marker) + " is behind the target, " + name(s.target));
    s.target = a.marker;
    s.target_sequence = marker_at = found->at;
    return {};
  });
  if (!chosen) {
    auto no = refuse("APPLY", a.marker, chosen.error().text);
    no.highest_epoch = log_->state().selection_epoch;
    return no;
  }
  if (auto done = advance_to(marker_at, backs_too::no); !done)
    return refuse("APPLY", a.marker, done.error().text);
  return applied{a.selection_epoch, a.marker};
}

result<void> member_impl::each_row(sequence behind, sequence upto,
                                   const std::function<void(const row&)>& f) {
  while (behind < upto) {
    auto some = log_->rows(behind.next(), upto, rows_at_once, ~std::uint64_t{0});
    if (!some) return fail(some.error());
    if (some->empty())
      return fail(EIO, "the journal has no record " + std::to_string(behind.value + 1));
    behind = some->back().what.seq;
    for (const row& r : *some) f(r);
    beat();
  }
  return {};
}

// A long way is gone in stages, from one sealed marker to a later one, so that memory does not grow
// with it: what a stage made pending is destaged before the next one goes too far.
result<void> member_impl::advance_to(sequence marker_at, backs_too also) {
  check_apply(marker_at, log_->state().target_sequence);
  while (sequence(applied_) < marker_at) {
    while (pending_records() > background_pace::pending_records_soft && !stops_soon_ &&
           destage_step()) {
    }
    if (stops_soon_) return fail(ESHUTDOWN, "the gateway is stopping");
    if (also == backs_too::yes) backing_step();
    CAIRN_TRY(show(next_stage(marker_at)));
  }
  return {};
}

sequence member_impl::next_stage(sequence marker_at) const {
  const sequence from(applied_);
  const sequence limit(from.value + stage_records_max);
  if (marker_at <= limit) return marker_at;
  sequence stage = from;
  for (const auto& m : log_->markers(from.next())) {
    if (m.at > marker_at || (m.at > limit && stage > from)) break;
    if (m.seal_at && !m.voided) stage = m.at;
  }
  return stage > from ? stage : marker_at;
}

// The volumes show everything up to `end` at once: all maps change under all their locks.
result<void> member_impl::show(sequence end) {
  const sequence from(applied_);
  std::vector<row> changes;
  CAIRN_TRY(each_row(from, end, [&](const row& r) {
    if (changes_volume(r.what.kind)) changes.push_back(r);
  }));
  std::vector<std::unique_lock<turn_mutex>> locks;
  for (auto* v : table_)
    if (v) locks.emplace_back(v->map_lock());
  ++generation_;
  std::size_t entered = 0;
  for (const row& r : changes) {
    if (++entered % rows_a_beat == 0) beat();
    table_[r.what.volume - 1]->map().insert(r.what, r.at);
    changed_bytes_ += r.what.data_length;
  }
  applied_ = end.value;
  return {};
}

namespace {

struct tail {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

}  // namespace

control_message member_impl::on_promote(const promote& p) {
  const std::lock_guard lock(apply_mutex_);
  const std::lock_guard arrivals(arrivals_mutex_);  // nothing arrives while the journal is cut
  auto state = log_->state();
  const auto no = [&](std::string why) {
    auto r = refuse("PROMOTE", p.marker, std::move(why));
    r.highest_epoch = state.selection_epoch;
    return r;
  };
  if (auto obeyed = obey(state, p.selection_epoch); !obeyed) return no(obeyed.error().text);
  if (state.promoted) {
    if (state.promoted->at == p.marker && state.promoted->opened == p.opened)
      return promoted{p.selection_epoch, p.marker, 0, 0};
    return no("it was promoted at " + name(state.promoted->at) + " already");
  }
  if (role_ != member_role::secondary) return no(std::string("it is ") + name_of(role_));
  if (p.marker != state.target || sequence(applied_) != state.target_sequence)
    return no(name(p.marker) + " is not what is applied: the target is " + name(state.target));
  const sequence keep = state.target_sequence;
  tail beyond;
  const auto counted = each_row(keep, log_->assigned(), [&](const row& r) {
    ++beyond.records;
    if (changes_volume(r.what.kind)) beyond.bytes += r.what.range.length;
  });
  if (!counted) return no(counted.error().text);
  state.role = member_role::primary;
  state.promoted = promotion{p.marker, keep, p.opened};
  const uuid parent = state.lineages.empty() ? uuid{} : state.lineages.back().id;
  state.lineages.push_back({p.opened, parent, keep});
  state.marker_last = std::max(state.marker_last, p.marker.number);
  state.marker_epoch = std::max(state.marker_epoch, p.marker.made_in);
  role_ = member_role::promoting;
  if (auto forked = log_->fork(keep, state); !forked) {
    role_ = member_role::secondary;
    return no(forked.error().text);
  }
  gate_.seen(state.marker_epoch, state.marker_last);
  visible_.with([&](prefix& v) { v = prefix(log_->assigned().value); });
  visible_reached_ = log_->assigned().value;
  role_ = member_role::primary;
  log_notice("member " + config_.name + " took over at " + name(p.marker) + "; " +
                 std::to_string(beyond.records) + " records beyond it were set aside",
             log_event::member_took_over, subject());
  wake_link();
  return promoted{p.selection_epoch, p.marker, beyond.records, beyond.bytes};
}

}  // namespace cairn
