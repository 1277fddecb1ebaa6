#include "gateway/member/finished_takeover.h"

#include <cerrno>

namespace cairn {
namespace {

constexpr std::size_t report_markers_max = 20'000;

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

std::string words_for(marker_id m) {
  return "marker " + std::to_string(m.number.value) + " of epoch " +
         std::to_string(m.made_in.value);
}

result<void> obey(member_state& s, epoch asked) {
  if (asked < s.selection_epoch)
    return fail(ESTALE, "selection epoch " + std::to_string(asked.value) + " is over: epoch " +
                            std::to_string(s.selection_epoch.value) + " was answered");
  s.selection_epoch = asked;
  return {};
}

control_message answer_report(member_core& core, const report& r) {
  auto& log = core.log();
  const auto obeyed = log.update_state([&](member_state& s) -> result<void> {
    if (r.claim && r.selection_epoch == s.selection_epoch)
      return fail(ESTALE, "selection epoch " + std::to_string(r.selection_epoch.value) +
                              " was claimed before");
    return obey(s, r.selection_epoch);
  });
  if (!obeyed) return core.refuse("REPORT", {}, obeyed.error().text);
  const auto state = log.state();
  const bool reached = state.promoted || core.shown() == state.target_sequence;
  reported answer;
  answer.selection_epoch = r.selection_epoch;
  answer.target = state.target;
  answer.applied = reached ? state.target : marker_id{};
  answer.promoted = state.promoted;
  answer.markers = usable_markers(log, state);
  answer.stored = log.durable();
  return answer;
}

control_message finished_takeover::on_report(const report& r) { return answer_report(core_, r); }

control_message finished_takeover::on_apply(const apply& a) {
  const auto obeyed = core_.log().update_state([&](member_state& s) -> result<void> {
    CAIRN_TRY(obey(s, a.selection_epoch));
    if (a.marker == s.promoted->at) return {};
    return fail(EROFS, "it was promoted at " + words_for(s.promoted->at));
  });
  if (!obeyed) return core_.refuse("APPLY", a.marker, obeyed.error().text);
  return applied{a.selection_epoch, a.marker};
}

control_message finished_takeover::on_promote(const promote& p) {
  auto state = core_.log().state();
  const auto& done = *state.promoted;
  if (auto obeyed = obey(state, p.selection_epoch); !obeyed)
    return core_.refuse("PROMOTE", p.marker, obeyed.error().text);
  if (done.at == p.marker && done.opened == p.opened)
    return promoted{p.selection_epoch, p.marker, 0, 0};
  return core_.refuse("PROMOTE", p.marker, "it was promoted at " + words_for(done.at) + " already");
}

}  // namespace cairn
