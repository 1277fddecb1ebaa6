// PROMOTE: a secondary becomes the primary of a lineage that begins at its applied marker
// (DESIGN.md section 6, step 4).
#include <cerrno>
#include <mutex>

#include "base/log.h"
#include "gateway/member/secondary_side.h"

namespace cairn {

control_message secondary_side::on_promote(const promote& p) {
  const std::lock_guard lock(core_.turn());
  const std::lock_guard arrivals(arrivals_turn_);  // nothing arrives while the journal is cut
  if (core_.role() != member_role::secondary) return finished_.on_promote(p);
  const auto beyond = cut(p);
  if (!beyond) {
    core_.become(member_role::secondary);
    return core_.refuse("PROMOTE", p.marker, beyond.error().text);
  }
  become_primary_();
  core_.become(member_role::primary);
  log_notice("member " + core_.config().name + " took over at " + words_for(p.marker) + "; " +
                 std::to_string(beyond->records) + " records beyond it were set aside",
             log_event::member_took_over, core_.subject());
  return promoted{p.selection_epoch, p.marker, beyond->records, beyond->bytes};
}

// Durable when it returns: role, takeover, lineage, and the end of the journal.
result<secondary_side::tail> secondary_side::cut(const promote& p) {
  auto state = core_.log().state();
  CAIRN_TRY(obey(state, p.selection_epoch));
  const sequence keep = state.target_sequence;
  if (p.marker != state.target || core_.shown() != keep)
    return fail(EINVAL, words_for(p.marker) + " is not what is applied: the target is " +
                            words_for(state.target));
  const auto beyond = count_behind(keep);
  if (!beyond) return beyond;
  const uuid parent = state.lineages.empty() ? uuid{} : state.lineages.back().id;
  state.role = member_role::primary;
  state.promoted = promotion{p.marker, keep, p.opened};
  state.lineages.push_back({p.opened, parent, keep});
  state.marker_last = std::max(state.marker_last, p.marker.number);
  state.marker_epoch = std::max(state.marker_epoch, p.marker.made_in);
  core_.become(member_role::promoting);
  CAIRN_TRY(core_.log().fork(keep, state));
  return beyond;
}

result<secondary_side::tail> secondary_side::count_behind(sequence keep) const {
  tail beyond;
  CAIRN_TRY(core_.each_row(keep, core_.log().assigned(), [&](const row& r) {
    ++beyond.records;
    if (changes_volume(r.what.kind)) beyond.bytes += r.what.range.length;
  }));
  return beyond;
}

}  // namespace cairn
